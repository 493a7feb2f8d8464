/** The mill: a service outside that cuts and polishes. It knows a repeated call by its token, and declines what it does not take. */
import { type ExternalCall, type ExternalModel, type ExternalResult, type Json, tableOf } from "seedstorm";

export const MILL = "mill";
export const DECLINED = "declined";

/** It is quick as a rule, and takes as long as its callers wait now and then. */
export const MILL_LATENCY = tableOf(
  [
    [0, 10_000],
    [0.6, 60_000],
    [0.95, 250_000],
    [1, 700_000],
  ],
  1,
);

export class Mill implements ExternalModel {
  readonly #done = new Map<string, Json>();

  apply({ operation, token, body }: ExternalCall): ExternalResult {
    const known = this.#done.get(token);
    if (known !== undefined) return { ok: true, value: known, applied: false };
    if ((body as { readonly kind?: Json }).kind === DECLINED) return { ok: false, error: DECLINED };
    const value = { did: operation };
    this.#done.set(token, value);
    return { ok: true, value, applied: true };
  }
}
