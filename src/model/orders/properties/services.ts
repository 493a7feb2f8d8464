/**
 * What an operator is promised of a service whose workers crash again and again: its supervision may give up, and begins anew. By the facts of
 * supervisors, which are named after the service's pool: while none of them runs, the service has no workers.
 */
import type { HistoryEvent, Micros } from "seedstorm";
import { SECOND } from "seedstorm";
import { ensure, type Property, time } from "seedstorm/check";

/** A second by the host's clock, which may go wrong by a twentieth, and what a pause of the host adds. */
const WITHIN: Micros = 15 * SECOND;

interface Supervision {
  readonly running: Set<string>;
  /** The end of the last one that ran. */
  last: HistoryEvent | undefined;
}

export const givenUpIsRestarted: Property = {
  id: "given-up-is-restarted",
  kind: "eventually",
  sentence: "A service whose supervision has given up begins anew, as long as its host lives.",
  subscribes: ["state", "host"],
  start(context) {
    /** By host, and then by pool. */
    const hosts = new Map<string, Map<string, Supervision>>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "crash") hosts.delete(event.host);
          return;
        }
        if (event.kind !== "state" || event.entity !== "supervisor") return;
        const pool = event.name.slice(0, event.name.indexOf("-supervisor"));
        const pools = ensure(hosts, event.host, () => new Map<string, Supervision>());
        const supervision = ensure(pools, pool, () => ({ running: new Set<string>(), last: undefined }));
        if (event.to === "ended") {
          supervision.running.delete(event.name);
          supervision.last = event;
        } else supervision.running.add(event.name);
      },
      end(at) {
        for (const [host, pools] of hosts) {
          for (const [pool, { running, last }] of pools) {
            if (last === undefined || at - last.at < WITHIN) continue;
            context.checked();
            if (running.size > 0) continue;
            context.violated(
              `${host} ${pool}`,
              `The supervision of ${pool} on ${host} gave up at ${time(last.at)}, and at ${time(at)} there is none.`,
              [last],
            );
          }
        }
      },
    };
  },
};
