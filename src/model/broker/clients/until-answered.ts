/** How operators ask: what has no answer is asked for once more. */
import { type Host, type Micros, ms } from "seedstorm";
import type { BrokerOutcome } from "../api.js";

const RETRY: Micros = ms(400);
const TRIES = 6;

/** The last outcome, when there was no answer for all that. */
export async function untilAnswered<R>(
  host: Host,
  attempt: () => Promise<BrokerOutcome<R>>,
): Promise<BrokerOutcome<R>> {
  for (let tried = 1; ; tried++) {
    const outcome = await attempt();
    if (outcome.status === "ok" || outcome.status === "refused" || tried === TRIES) return outcome;
    await host.sleep(RETRY);
  }
}
