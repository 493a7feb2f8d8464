/** How channels of every kind tell the history what becomes of a message. */
import type { Host, StreamFact } from "seedstorm";

/** What a message is known by. */
export interface StreamMessage {
  readonly sequence: number;
  readonly key: string;
}

export function recordStream(
  host: Host,
  kind: StreamFact["kind"],
  stream: string,
  { sequence, key }: StreamMessage,
  count = 0,
  receiver = "",
): void {
  host.record({
    kind,
    stream,
    group: receiver,
    sequence,
    key,
    deliveryId: count === 0 ? "" : `${stream}/${sequence}/${count}`,
    deliveryCount: count,
    domain: "",
  });
}
