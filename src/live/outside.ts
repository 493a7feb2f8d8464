/**
 * The services outside, as one process with their true ledgers: it is never killed, and what it writes down as applied is the
 * truth that everybody else is judged by. A call takes a few milliseconds before it is applied, and a few after.
 */
import type { ExternalModel } from "../sim/external.js";
import type { Json } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { CALL, OUTSIDE } from "./host.js";
import type { JournalWriter } from "./journal.js";
import type { ExternalCall } from "./process-host.js";
import { listenAs } from "./wire.js";

const HALF_A_CALL_MS = 8;

/** @param now time since the drill began. */
export function serveOutside(
  folder: string,
  models: ReadonlyMap<string, ExternalModel>,
  journal: JournalWriter,
  now: () => Micros,
): Promise<void> {
  return listenAs(folder, OUTSIDE, (message, reply) => {
    if (message.kind !== "request" || message.name !== CALL) return;
    const { from } = message;
    const { service, operation, token, body } = message.body as unknown as ExternalCall; // as hosts call
    setTimeout(() => {
      const result = models.get(service)?.apply({ operation, token, body, from, at: now() }) ?? {
        ok: false,
        error: `there is no service ${service}`,
      };
      if (result.ok && result.applied) {
        const { value } = result;
        journal.record(`external/${service}`, {
          ...{ kind: "external", phase: "applied", service, operation, token, value },
        } as const);
      }
      const answer: Json = result.ok ? { ok: true, value: result.value } : { ok: false, error: result.error };
      setTimeout(() => reply(answer), HALF_A_CALL_MS);
    }, HALF_A_CALL_MS);
  });
}
