/** How channels over the broker tell the history what is asked of them and what comes of it. */
import { type Host, type Json, type RecordOutcome, recordCall } from "seedstorm";
import type { DeadLetter } from "../actors/channel-api.js";

/** Operations of `client` facts. */
export const OPERATION = {
  send: "channel/send",
  receive: "channel/receive",
  ack: "channel/ack",
  nack: "channel/nack",
  subscribe: "channel/subscribe",
  readDeadLetters: "channel/read-dead-letters",
} as const;

/** The entity of the fact that a message was left with the dead letters and is no longer kept. */
export const BURIED = "channel-message-buried";

const calls = new WeakMap<Host, number>();

/** Records a call, under an id that no other call of this host has. */
export function recordChannelCall(
  host: Host,
  operation: (typeof OPERATION)[keyof typeof OPERATION],
  key: string,
  value: Json,
): RecordOutcome {
  const number = (calls.get(host) ?? 0) + 1;
  calls.set(host, number);
  const requestId = `${host.id}#${host.incarnation}:channel-${number}`;
  return recordCall(host, { requestId, operation, key, value });
}

export function recordBuried(host: Host, letter: DeadLetter<unknown>, count: number): void {
  const { channel, sequence, key, reason } = letter;
  const detail = { channel, sequence, key, reason, count };
  host.record({
    kind: "state",
    entity: BURIED,
    name: `${channel} ${key}`,
    from: "kept",
    to: "buried",
    detail,
  });
}
