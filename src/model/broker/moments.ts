/** The moments of the broker that faults may be aimed at, beside those of its replication. */
import { type HistoryEvent, type Moment, moment } from "seedstorm";
import { replicationMoments } from "../replication/moments.js";

export const brokerMoments: readonly Moment[] = [
  ...replicationMoments,
  moment("message-stored", "a broker has stored a message, and its publisher does not know", (event) =>
    wrote(event, /\/m\/\d+$/, "subject"),
  ),
  moment("message-assigned", "a broker has assigned a message to somebody, who has not got it", (event) =>
    wroteState(event, "delivered"),
  ),
  moment("message-received", "somebody has got a message to work on", (event) =>
    event.kind === "deliver" ? event.host : undefined,
  ),
  moment("message-redelivered", "somebody has got a message that was delivered before", (event) =>
    event.kind === "deliver" && event.deliveryCount > 1 ? event.host : undefined,
  ),
  moment("message-acked", "a broker has taken an ack, and who sent it does not know", (event) =>
    wroteState(event, "acked"),
  ),
  moment("message-given-up", "a broker has given a message up after its last delivery", (event) =>
    wroteState(event, "given-up"),
  ),
  moment("message-removed", "a stream has let go of a message", (event) =>
    wrote(event, /\/m\/\d+$/, "removed"),
  ),
  moment("key-written", "a bucket has a new revision of a key", (event) =>
    wrote(event, /^KV_\w+\/m\/\d+$/, "subject"),
  ),
  moment("watch-event", "a watch has seen a change", (event) =>
    event.kind === "state" && event.entity === "watch" ? event.host : undefined,
  ),
  moment("transaction-judged", "a transaction is in the store's log, and not yet synced", (event) =>
    event.kind === "state" && event.entity === "transaction" && event.to === "judged"
      ? event.host
      : undefined,
  ),
];

function wrote(event: HistoryEvent, keys: RegExp, field: string): string | undefined {
  if (event.kind !== "durable") return undefined;
  return event.writes.some(({ key, value }) => keys.test(key) && has(value, field)) ? event.host : undefined;
}

function wroteState(event: HistoryEvent, state: string): string | undefined {
  if (event.kind !== "durable" || !event.store.startsWith("broker")) return undefined;
  const isThere = event.writes.some(
    ({ value }) => has(value, "state") && (value as { readonly state: string }).state === state,
  );
  return isThere ? event.host : undefined;
}

function has(value: unknown, field: string): boolean {
  return typeof value === "object" && value !== null && field in value;
}
