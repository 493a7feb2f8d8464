/** What the clocks of hosts may do to the times that something there goes by. */
import type { Micros, Plan } from "seedstorm";

/** For so long clocks may stand still, all times together. */
export function frozenBy({ faults }: Plan): Micros {
  return faults.reduce((sum, fault) => sum + (fault.kind === "clock-freeze" ? fault.for : 0), 0);
}
