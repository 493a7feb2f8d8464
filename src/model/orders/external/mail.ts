/** The mail service: an outside service that sends each message once for each token, whatever it is asked again. */
import type { ExternalCall, ExternalModel, ExternalResult } from "seedstorm";

export const MAIL = "mail";

export class MailService implements ExternalModel {
  readonly #sent = new Set<string>();

  apply({ token, body }: ExternalCall): ExternalResult {
    const applied = !this.#sent.has(token);
    this.#sent.add(token);
    return { ok: true, value: body, applied };
  }
}
