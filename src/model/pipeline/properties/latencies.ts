/**
 * How long orders take. `accepted`: from the first call with a key to the first success for that key. `processed`: from
 * that same call to the first committed acknowledgement of the record that it became or, in a system that acknowledges
 * nothing, to the reply of the service outside that did the work.
 */
import type { EventOf, HistoryEvent, Micros, Write } from "seedstorm";
import type { Latencies, Latency } from "seedstorm/check";

/** The answer that a shop got about its order. */
interface Answer {
  readonly at: Micros;
  readonly offset: string;
  readonly order: string;
}

export function orderLatencies(history: readonly HistoryEvent[]): Latencies {
  const calls = new Map<string, Micros>();
  const answers = new Map<string, Answer>();
  const acks = new Map<string, Micros[]>();
  const replies = new Map<string, Micros[]>();
  for (const event of history) {
    switch (event.kind) {
      case "durable":
        noteAcks(event.writes, event.at, acks);
        break;
      case "client":
        if (event.operation === "accept") noteClient(event, calls, answers);
        break;
      case "external":
        if (event.phase === "reply") add(replies, event.token.split(":")[0] ?? event.token, event.at);
        break;
    }
  }
  const ended = ({ offset, order }: Answer, from: Micros): Micros | undefined => {
    const times = acks.size > 0 ? acks.get(offset) : replies.get(order);
    return times?.find((at) => at >= from);
  };
  const accepted: Latency[] = [];
  const processed: Latency[] = [];
  for (const [key, at] of calls) {
    const answer = answers.get(key);
    accepted.push({ at, took: answer === undefined ? undefined : answer.at - at });
    if (answer === undefined) continue;
    const end = ended(answer, at);
    processed.push({ at, took: end === undefined ? undefined : end - at });
  }
  return { accepted, processed };
}

function noteClient(
  { phase, key, value, at }: EventOf<"client">,
  calls: Map<string, Micros>,
  answers: Map<string, Answer>,
): void {
  if (phase === "call" && !calls.has(key)) calls.set(key, at);
  if (phase === "ok" && !answers.has(key)) {
    answers.set(key, { at, offset: field(value, "offset"), order: field(value, "orderId") });
  }
}

/** Of all that becomes durable few writes are acknowledgements, and most transactions have one write. */
function noteAcks(writes: readonly Write[], at: Micros, acks: Map<string, Micros[]>): void {
  for (let i = 0; i < writes.length; i++) {
    const write = writes[i];
    if (write === undefined || !write.key.startsWith("ack/") || write.value === null) continue;
    add(acks, write.key.slice(write.key.lastIndexOf("/") + 1), at);
  }
}

function add(times: Map<string, Micros[]>, key: string, at: Micros): void {
  const own = times.get(key);
  if (own === undefined) times.set(key, [at]);
  else own.push(at);
}

function field(value: unknown, name: string): string {
  if (typeof value !== "object" || value === null || !(name in value)) return "";
  return String((value as Readonly<Record<string, unknown>>)[name]); // the name is in it
}
