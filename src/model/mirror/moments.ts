/** The moments of the replica mirror that faults may be aimed at: changes of the primary, rows on their way, polls. */
import { type Moment, moment } from "seedstorm";

export const mirrorMoments: readonly Moment[] = [
  moment("primary-named", "a cluster becomes the primary of a grain", (event) =>
    event.kind === "state" && event.entity === "grain" && event.to === "primary" ? event.host : undefined,
  ),
  moment("primary-deposed", "a cluster is no longer the primary of a grain", (event) =>
    event.kind === "state" && event.entity === "grain" && event.from === "primary" ? event.host : undefined,
  ),
  moment("fence-raised", "the log refuses earlier primaries of a grain from now on", (event) =>
    event.kind === "durable" && event.writes.some(({ key }) => key.startsWith("fence/"))
      ? event.host
      : undefined,
  ),
  moment("row-sent", "a primary sends a change to the log", (event) =>
    event.kind === "publish" ? event.host : undefined,
  ),
  moment("row-logged", "the log has a row, and its primary does not know", (event, history) =>
    event.kind === "durable" && event.writes.some(({ key }) => key.startsWith("row/"))
      ? history[event.cause]?.host
      : undefined,
  ),
  moment("row-acknowledged", "a primary knows that the log has its row", (event) =>
    event.kind === "publish-ack" ? event.host : undefined,
  ),
  moment("rows-applied", "a replica has applied what it read from the log", (event) =>
    event.kind === "state" && event.entity === "poll" && event.to === "applied" ? event.host : undefined,
  ),
  moment("primary-unreachable", "a cluster takes the primary for lost", (event) =>
    event.kind === "state" && event.entity === "failover" && event.from === "monitoring"
      ? event.host
      : undefined,
  ),
];
