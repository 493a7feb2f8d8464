/**
 * The moments of the runner that faults may be aimed at: what stands between two of its steps. A moment that the store tells
 * comes at the store; the others come at the node that took the step.
 */
import { type HistoryEvent, type Moment, moment } from "seedstorm";

export const runnerMoments: readonly Moment[] = [
  moment("message-acquired", "a node has taken on a message", (event) =>
    event.kind === "state" && event.entity === "work" && event.to === "acquired" ? event.host : undefined,
  ),
  moment("message-acked", "a node acks a message, and the broker does not know", (event) =>
    event.kind === "ack" ? event.host : undefined,
  ),
  moment("message-published", "somebody has the broker's ack for a message", (event) =>
    event.kind === "publish-ack" ? event.host : undefined,
  ),
  moment("command-submitted", "a command has come to the gateway, which has not carried it out", (event) =>
    event.kind === "state" && event.entity === "command" && event.to === "submitted" ? event.host : undefined,
  ),
  moment("command-done", "the gateway has carried out a command, and answers", (event) =>
    event.kind === "state" && event.entity === "command" && event.to === "done" ? event.host : undefined,
  ),
  moment("saga-moved", "a saga's transition is durable, and its node does not know", (event) =>
    writes(event, "saga:") ? event.host : undefined,
  ),
  moment("effect-claimed", "a command's gate is written, before its call or after it", (event) =>
    event.kind === "durable" &&
    event.writes.some(({ key }) => key.startsWith("dedupe:") && key.includes(":effect:"))
      ? event.host
      : undefined,
  ),
  moment("outbox-deleted", "an outbox item is deleted", (event) =>
    event.kind === "durable" &&
    event.writes.some(({ key, value }) => key.startsWith("outbox:") && value === null)
      ? event.host
      : undefined,
  ),
  moment("lease-taken", "a node has taken over a part", (event) =>
    writes(event, "lease:") ? event.host : undefined,
  ),
  moment("node-draining", "a node begins to drain", (event) =>
    event.kind === "state" && event.entity === "node" && event.to === "draining" ? event.host : undefined,
  ),
];

function writes(event: HistoryEvent, prefix: string): boolean {
  return event.kind === "durable" && event.writes.some(({ key }) => key.startsWith(prefix));
}
