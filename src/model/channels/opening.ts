/** Declares what a channel needs at the broker, again and again until that is done or refused for good. */
import { type Host, type Micros, ms } from "seedstorm";
import type { BrokerOutcome, BrokerRefusal } from "../broker/api.js";

/** `exists`: it is there already, with another configuration. */
export type Opened = { readonly ok: true } | { readonly ok: false; readonly reason: BrokerRefusal };

const RETRY: Micros = ms(300);

/** One after the other. All that is there already, as it is to be, is left alone. */
export async function open(
  host: Host,
  declarations: readonly (() => Promise<BrokerOutcome<void>>)[],
): Promise<Opened> {
  for (const declare of declarations) {
    for (let outcome = await declare(); outcome.status !== "ok"; outcome = await declare()) {
      if (outcome.status === "refused") return { ok: false, reason: outcome.reason };
      await host.sleep(RETRY);
    }
  }
  return { ok: true };
}
