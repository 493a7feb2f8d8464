/** What is promised of channels in memory. Not verified: what becomes of messages when their host crashes, since they are lost. */
import {
  type CheckContext,
  type EventOf,
  type FactKind,
  type HistoryEvent,
  type Micros,
  SECOND,
} from "seedstorm";
import { count, type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, Lives, type StateEvent } from "./lives.js";

/** Clocks may be slow. */
const SLACK: Micros = 9 * SECOND;
const READS: readonly FactKind[] = ["state", "host", "publish", "deliver", "ack", "nack", "term"];

type StreamEvent = EventOf<"publish" | "deliver" | "ack" | "nack" | "term">;

interface Message {
  readonly published: StreamEvent;
  /** The delivery that is under way. */
  out: StreamEvent | undefined;
  /** Its last fact. */
  last: StreamEvent;
}

interface Stream {
  readonly config: StateEvent;
  /** By sequence, in that order. */
  readonly kept: Map<number, Message>;
}

/** Channels of one host, and what the boxes for dead letters took. */
interface Streams {
  readonly channels: Map<string, Stream>;
  readonly letters: Set<string>;
  /** Actors that have ended. */
  readonly ended: Map<string, StateEvent>;
}

const lives = () => new Lives<Streams>(() => ({ channels: new Map(), letters: new Set(), ended: new Map() }));

const isStreamEvent = (event: HistoryEvent): event is StreamEvent =>
  event.kind === "publish" ||
  event.kind === "deliver" ||
  event.kind === "ack" ||
  event.kind === "nack" ||
  event.kind === "term";

/** The channel and message that an event is about, where it is about a channel of this host. */
function found(streams: Streams, event: HistoryEvent): { stream: Stream; fact: StreamEvent } | undefined {
  const actor = about(event, ENTITY.actor);
  if (actor?.to === "ended") streams.ended.set(actor.name, actor);
  const opened = about(event, ENTITY.channel);
  if (opened !== undefined) streams.channels.set(opened.name, { config: opened, kept: new Map() });
  if (!isStreamEvent(event)) return undefined;
  const stream = streams.channels.get(event.stream);
  if (stream === undefined) {
    streams.letters.add(`${event.sequence} ${event.key}`);
    return undefined;
  }
  return { stream, fact: event };
}

/** Takes a fact into the account. */
function follow({ kept, config }: Stream, fact: StreamEvent): void {
  const message = kept.get(fact.sequence);
  if (fact.kind === "publish") kept.set(fact.sequence, { published: fact, out: undefined, last: fact });
  if (message === undefined) return;
  message.last = fact;
  message.out = fact.kind === "deliver" ? fact : undefined;
  const isDone = fact.kind === "deliver" && field(config, "delivery") === "at-most-once";
  if (fact.kind === "ack" || fact.kind === "term" || isDone) kept.delete(fact.sequence);
}

function channelProperty(
  part: Pick<Property, "id" | "alias" | "kind" | "sentence">,
  judge: (stream: Stream, fact: StreamEvent, streams: Streams, context: CheckContext) => void,
  atEnd: (stream: Stream, at: Micros, context: CheckContext) => void = () => {},
): Property {
  return {
    ...part,
    subscribes: READS,
    start(context) {
      const hosts = lives();
      return {
        on(event) {
          const streams = hosts.of(event);
          const one = found(streams, event);
          if (one === undefined) return;
          judge(one.stream, one.fact, streams, context);
          follow(one.stream, one.fact);
        },
        end(at) {
          for (const { channels } of hosts.all()) {
            for (const stream of channels.values()) atEnd(stream, at, context);
          }
        },
      };
    },
  };
}

export const channelFifo = channelProperty(
  {
    id: "channel-fifo",
    alias: "P13",
    kind: "always",
    sentence:
      "A channel delivers the oldest message that is not out with a receiver, no message more often than it may, and keeps no more than its capacity.",
  },
  ({ kept, config }, fact, _, context) => {
    const flaw = (message: string, ...evidence: HistoryEvent[]) =>
      context.violated(`${fact.host} ${fact.stream} ${fact.sequence}`, `${message}.`, [...evidence, fact]);
    if (fact.kind === "publish" && kept.size >= amount(config, "capacity")) {
      flaw(
        `${fact.stream} took in ${fact.key} ${when(fact)} and keeps ${kept.size} others, as many as it may`,
      );
    }
    if (fact.kind !== "deliver") return;
    context.checked();
    for (const [sequence, { out, published }] of kept) {
      if (sequence >= fact.sequence) break;
      if (out === undefined)
        flaw(
          `${fact.stream} delivered ${fact.key} ${when(fact)} before ${published.key}, which is older`,
          published,
        );
    }
    const most = amount(config, "maxDeliveries");
    if (fact.deliveryCount > most)
      flaw(
        `${fact.stream} delivered ${fact.key} for the ${fact.deliveryCount}th time ${when(fact)}, and may ${most} times`,
      );
    if (!kept.has(fact.sequence))
      flaw(`${fact.stream} delivered ${fact.key} ${when(fact)}, which was done with`);
  },
);

export const channelDeadLetters = channelProperty(
  {
    id: "channel-dead-letters",
    kind: "always",
    sentence: "A message that a channel gives up is with the dead letters by then.",
  },
  (_, fact, { letters }, context) => {
    if (fact.kind !== "term") return;
    context.checked();
    if (letters.has(`${fact.sequence} ${fact.key}`)) return;
    context.violated(
      `${fact.host} ${fact.stream} ${fact.sequence}`,
      `${fact.stream} gave up ${fact.key} ${when(fact)}, and nobody has it now.`,
      [fact],
    );
  },
);

export const channelKeeps = channelProperty(
  {
    id: "channel-keeps",
    kind: "eventually",
    sentence:
      "A message that a channel took in is acknowledged or goes to the dead letters; one that was not answered for in time is delivered again, and at once when its receiver has ended.",
  },
  ({ kept, config }, fact, { ended }, context) => {
    if (fact.kind === "ack" || fact.kind === "term") context.checked();
    const out = kept.get(fact.sequence)?.out;
    const end = out === undefined || fact.kind === "nack" ? undefined : ended.get(out.group);
    if (out === undefined || end === undefined || end.at === fact.at) return;
    // Any later, and by a fast clock its time may have been over before.
    if (end.at - out.at > amount(config, "ackTimeout") / 2) return;
    context.violated(
      `${fact.host} ${fact.stream} ${fact.sequence}`,
      `${fact.stream} did not take ${fact.key} back when ${out.group}, which had it, ended ${when(end)}, but ${when(fact)}.`,
      [out, end, fact],
    );
  },
  ({ kept, config }, at, context) => {
    const ttl = amount(config, "messageTtl");
    for (const { published, out, last } of kept.values()) {
      const limit = out === undefined ? ttl : amount(config, "ackTimeout");
      const since = out === undefined ? published : last;
      if (limit === 0 || Math.max(since.at, context.plan.healAt) + limit + SLACK > at) continue;
      const end =
        out === undefined
          ? `waits and is older than ${count(Math.floor(ttl / SECOND), "second")}`
          : `was delivered ${when(last)} and is neither answered for nor delivered again`;
      context.violated(
        `${published.host} ${published.stream} ${published.sequence}`,
        `${published.key} was taken in by ${published.stream} ${when(published)}; at ${time(at)} it ${end}.`,
        [published, last],
      );
    }
  },
);

export const channelServesWhoWaits: Property = {
  id: "channel-serves-who-waits",
  kind: "always",
  sentence: "A channel hands messages to receivers that are there for them, and to none that has timed out.",
  subscribes: READS,
  start(context) {
    /** Receivers that have timed out and not come again, by channel and name. */
    const hosts = new Lives<Map<string, StateEvent>>(() => new Map());
    return {
      on(event) {
        const gone = hosts.of(event);
        const receiver = about(event, ENTITY.receiver);
        if (receiver !== undefined) {
          const key = `${field(receiver, "channel")} ${receiver.name}`;
          if (receiver.to === "gone") gone.set(key, receiver);
          else gone.delete(key);
        }
        if (event.kind !== "deliver") return;
        context.checked();
        const left = gone.get(`${event.stream} ${event.group}`);
        if (left === undefined) return;
        context.violated(
          `${event.host} ${event.stream} ${event.group}`,
          `${event.stream} delivered ${event.key} to ${event.group} ${when(event)}, which had timed out ${when(left)}.`,
          [left, event],
        );
      },
    };
  },
};
