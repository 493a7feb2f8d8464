/**
 * Moments of the order pipeline that come in few runs: a key that was taken over, perhaps not for the first time, a fence that is
 * raised and has kept nobody out yet, a dead letter that is worked on again. A storm that aims at everything hardly meets them, so
 * that they are for scenarios that are about them.
 */
import { type HistoryEvent, type Json, type Moment, moment } from "seedstorm";
import { rareReplicationMoments } from "../replication/rare-moments.js";

export const rareMoments: readonly Moment[] = [
  ...rareReplicationMoments,
  moment(
    "key-taken-over",
    "a gateway or a worker has taken over a key whose reservation ran out, and done nothing with it yet",
    (event) => (attemptOf(event) > 1 ? event.host : undefined),
  ),
  moment("key-taken-over-again", "a key has been taken over from one who had taken it over", (event) =>
    attemptOf(event) > 2 ? event.host : undefined,
  ),
  moment(
    "fence-raised",
    "a new holder of the lease has raised a resource's fence, and written nothing under it yet",
    (event) =>
      event.kind === "client" && event.phase === "ok" && event.operation.endsWith("/raise-fence")
        ? event.host
        : undefined,
  ),
  moment("handover-asked", "an operator asks a host to hand over what it leads", (event) =>
    event.kind === "operator" && event.operation === "hand-over" && typeof event.detail.from === "string"
      ? event.detail.from
      : undefined,
  ),
  {
    id: "dead-letter-delivered",
    when: "a worker has got a record that was a dead letter before",
    watch: () => {
      const dead = new Set<string>();
      return (event) => {
        if (event.kind === "durable") {
          for (const { key, value } of event.writes)
            if (key.startsWith("dead/") && value !== null) dead.add(key.slice("dead/".length));
        } else if (event.kind === "deliver" && dead.has(`${event.group}/${event.sequence}`)) {
          return event.host;
        }
        return undefined;
      };
    },
  },
];

/** Which attempt at a key begins with this answer; 0 where none does. */
function attemptOf(event: HistoryEvent): number {
  if (event.kind !== "client" || event.phase !== "ok" || event.operation !== "order-effects/reserve")
    return 0;
  const answer: Json = event.value;
  if (typeof answer !== "object" || answer === null || !("attempt" in answer)) return 0;
  return typeof answer.attempt === "number" ? answer.attempt : 0;
}
