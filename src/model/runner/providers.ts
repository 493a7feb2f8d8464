/**
 * The two providers outside: payments and a carrier. Each keeps a true ledger of what it has applied, by order; answers a
 * repeated token as the first time; and remembers what was taken back before it was done, which it then never does.
 */
import type { ExternalCall, ExternalModel, ExternalResult, Json } from "seedstorm";

type Fields = { readonly [name: string]: Json };

/** Orders of this many cents the payment provider declines. */
export const DECLINED_CENTS = 666;
/** Orders whose ids end so have an address that the carrier does not reach. */
export const UNREACHABLE = "-nowhere";

class Provider implements ExternalModel {
  readonly #does: string;
  readonly #undoes: string;
  readonly #refusal: (body: Fields) => string | undefined;
  readonly #answers = new Map<string, Json>();
  readonly #done = new Set<string>();
  readonly #takenBack = new Set<string>();

  constructor(does: string, undoes: string, refusal: (body: Fields) => string | undefined) {
    this.#does = does;
    this.#undoes = undoes;
    this.#refusal = refusal;
  }

  apply({ operation, token, body }: ExternalCall): ExternalResult {
    const fields = body as Fields; // callers send objects
    if (typeof fields.credentials !== "string" || !fields.credentials.startsWith("key-of-"))
      return { ok: false, error: "unauthorized" };
    const before = this.#answers.get(token);
    if (before !== undefined) return { ok: true, value: before, applied: false };
    const order = `${fields.tenant}/${fields.order}`;
    if (operation === this.#does) {
      if (this.#takenBack.has(order)) return { ok: false, error: "taken-back" };
      const refusal = this.#refusal(fields);
      if (refusal !== undefined) return { ok: false, error: refusal };
      this.#done.add(order);
    } else if (operation === this.#undoes) {
      this.#done.delete(order);
      this.#takenBack.add(order);
    } else return { ok: false, error: "no-such-operation" };
    const value = { order, operation, command: fields.command ?? "", tenant: fields.tenant ?? "" };
    this.#answers.set(token, value);
    return { ok: true, value, applied: true };
  }
}

export const payments = (): ExternalModel =>
  new Provider("charge", "refund", ({ cents }) => (cents === DECLINED_CENTS ? "declined" : undefined));

export const carrier = (): ExternalModel =>
  new Provider("ship", "unship", ({ order }) =>
    typeof order === "string" && order.endsWith(UNREACHABLE) ? "unreachable" : undefined,
  );
