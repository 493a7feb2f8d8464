/**
 * What the users of channels saw, put together: each message by its channel and key, with what its sender was answered, who got it,
 * how they answered, and whether it was buried. Nothing here looks into the broker.
 */
import type { EventOf, HistoryEvent, Json, Micros } from "seedstorm";
import { type Check, ensure, fields, text, type ViewKind, whole } from "seedstorm/check";
import type { BrokerChannelConfig } from "../config.js";
import { BURIED, OPERATION } from "../facts.js";
import { CHANNELS, NEWS } from "../office.js";

export type ClientEvent = EventOf<"client">;
export type StateEvent = EventOf<"state">;

/** A call of one of a channel's users. */
export interface Call {
  readonly call: ClientEvent;
  answer: ClientEvent | undefined;
}

/** A message that a receiver got. */
export interface Delivered {
  readonly source: Source;
  readonly message: Message;
  /** When it was asked for, and when it came. */
  readonly asked: ClientEvent;
  readonly event: ClientEvent;
  readonly sequence: number;
  readonly count: number;
}

/** How far one of those who are to get it has come with a message. */
export interface Progress {
  readonly deliveries: Delivered[];
  /** The first ack that was taken, and what gave the message up. */
  acked: Call | undefined;
  buried: StateEvent | undefined;
}

export interface Message {
  readonly channel: string;
  readonly key: string;
  readonly sends: Call[];
  /** By source. */
  readonly progress: Map<string, Progress>;
}

/** Where messages come out: the channel itself, or one subscriber of the topic. */
export interface Source {
  readonly name: string;
  readonly channel: string;
  /** The first subscription that was answered; undefined for a channel. */
  subscribed: Call | undefined;
  readonly messages: Set<Message>;
}

export interface Channel {
  readonly name: string;
  readonly config: BrokerChannelConfig;
  readonly isTopic: boolean;
  readonly messages: Map<string, Message>;
  readonly sources: Map<string, Source>;
}

export class Traffic implements Check {
  readonly channels = new Map<string, Channel>();
  /** What the event at hand has answered or was, if it is of a channel. */
  sent: { readonly channel: Channel; readonly message: Message; readonly call: Call } | undefined;
  delivered: Delivered | undefined;
  /** A receiver that got nothing. */
  unserved: { readonly source: Source; readonly call: Call } | undefined;
  /** What receivers have said that they are done with, whatever came of that: source and key. */
  readonly acksBegun = new Set<string>();
  /** What was read of the dead letters: channel and key. */
  readonly deadLetters = new Set<string>();
  readonly #open = new Map<string, Call>();

  constructor() {
    for (const config of Object.values(CHANNELS)) this.#add(config, false);
    this.#add(NEWS, true);
  }

  on(event: HistoryEvent): void {
    this.sent = undefined;
    this.delivered = undefined;
    this.unserved = undefined;
    if (event.kind === "state" && event.entity === BURIED) this.#buried(event);
    if (event.kind === "client" && event.operation.startsWith("channel/")) this.#client(event);
  }

  progressOf(message: Message, source: string): Progress {
    return ensure(message.progress, source, () => ({ deliveries: [], acked: undefined, buried: undefined }));
  }

  sourceOf(name: string): Source {
    const [channel = ""] = name.split("/");
    return ensure(this.#channel(channel).sources, name, () => ({
      name,
      channel,
      subscribed: undefined,
      messages: new Set(),
    }));
  }

  #add(config: BrokerChannelConfig, isTopic: boolean): void {
    const { name } = config;
    this.channels.set(name, { name, config, isTopic, messages: new Map(), sources: new Map() });
  }

  #channel(name: string): Channel {
    const channel = this.channels.get(name);
    if (channel === undefined) throw new Error(`the history has a channel "${name}" that nobody declared`);
    return channel;
  }

  #message(channel: string, key: string): Message {
    return ensure(this.#channel(channel).messages, key, () => ({
      channel,
      key,
      sends: [],
      progress: new Map(),
    }));
  }

  #client(event: ClientEvent): void {
    if (event.phase === "call") {
      const call: Call = { call: event, answer: undefined };
      this.#open.set(event.requestId, call);
      if (event.operation === OPERATION.send) this.#messageOf(event).sends.push(call);
      if (event.operation === OPERATION.ack) {
        this.acksBegun.add(`${text(event.value, "channel")} ${event.key}`);
      }
      return;
    }
    const call = this.#open.get(event.requestId);
    if (call === undefined) return;
    this.#open.delete(event.requestId);
    call.answer = event;
    switch (event.operation) {
      case OPERATION.send: {
        const message = this.#messageOf(call.call);
        this.sent = { channel: this.#channel(message.channel), message, call };
        return;
      }
      case OPERATION.receive: {
        const source = this.sourceOf(event.key);
        if (event.phase === "ok") this.#delivered(source, call.call, event);
        else this.unserved = { source, call };
        return;
      }
      case OPERATION.ack: {
        if (event.phase !== "ok") return;
        const source = this.sourceOf(text(call.call.value, "channel"));
        const progress = this.progressOf(this.#message(source.channel, event.key), source.name);
        progress.acked ??= call;
        return;
      }
      case OPERATION.readDeadLetters: {
        if (event.phase === "ok") for (const letter of lettersIn(event.value)) this.deadLetters.add(letter);
        return;
      }
      case OPERATION.subscribe: {
        if (event.phase === "ok") this.sourceOf(event.key).subscribed ??= call;
      }
    }
  }

  #delivered(source: Source, asked: ClientEvent, event: ClientEvent): void {
    const message = this.#message(source.channel, text(event.value, "key"));
    const sequence = whole(event.value, "sequence") ?? 0;
    const count = whole(event.value, "count") ?? 0;
    this.delivered = { source, message, asked, event, sequence, count };
    source.messages.add(message);
    this.progressOf(message, source.name).deliveries.push(this.delivered);
  }

  #buried(event: StateEvent): void {
    const source = this.sourceOf(text(event.detail, "channel"));
    const message = this.#message(source.channel, text(event.detail, "key"));
    this.progressOf(message, source.name).buried ??= event;
  }

  #messageOf(call: ClientEvent): Message {
    return this.#message(text(call.value, "to").replace(/^(channel|topic)\./, ""), call.key);
  }
}

export const traffic: ViewKind<Traffic> = { subscribes: ["client", "state"], start: () => new Traffic() };

/** The send that was answered first with `ok`. */
export function kept({ sends }: Message): Call | undefined {
  return sends.find(({ answer }) => answer?.phase === "ok");
}

export const errorOf = (call: Call): string => text(call.answer?.value ?? null, "error");

/** Whether a receiver is done with it, and since when, as far as that is certain. */
export function doneAt({ acked, buried }: Progress): Micros | undefined {
  const ends = [acked?.answer?.at, buried?.at].filter((at): at is Micros => at !== undefined);
  return ends.length === 0 ? undefined : Math.min(...ends);
}

/** What a dead letter's reader saw, by channel and key. */
export function lettersIn(value: Json): readonly string[] {
  return Array.isArray(value)
    ? value.map((letter) => `${text(letter, "channel")} ${text(letter, "key")}`)
    : [];
}

export const reasonOf = (event: StateEvent): string => String(fields(event.detail)?.reason ?? "");
