/** When all is well: no fault is active any more, leaders are elected, and clients find them. */
import { type Micros, type Plan, SECOND } from "seedstorm";

/** After the heal. */
export const SETTLED_AFTER: Micros = 8 * SECOND;

/** Whether all is well at that time; where there are no faults it always is. */
export function isSettled({ faults, healAt }: Plan, at: Micros): boolean {
  return faults.length === 0 || at >= healAt + SETTLED_AFTER;
}
