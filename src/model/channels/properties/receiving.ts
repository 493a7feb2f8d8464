/**
 * What is promised to receivers: messages in the order in which they were sent, none once it is done with, none more often than it
 * may, none that is too old, and one in time where there is one.
 */
import { type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { type Property, time, when, whole } from "seedstorm/check";
import {
  type ClientEvent,
  type Delivered,
  doneAt,
  kept,
  type Message,
  reasonOf,
  type Source,
  traffic,
} from "./traffic.js";

/** After the storm, until leaders are elected and clients find them. */
const SETTLED_AFTER: Micros = 8 * SECOND;
/** A message may be a little older when it comes than when it was looked at. */
const ON_ITS_WAY: Micros = 2 * SECOND;

export const firstInFirstOut: Property = {
  id: "broker-channel-fifo",
  kind: "always",
  sentence:
    "Messages of one sender are kept in the order in which it sent them, and first deliveries come in the order in which messages are kept.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    /** The highest number that was delivered for the first time, by source, with when that was known. */
    const delivered = new Map<string, Delivered[]>();
    /** By channel and sender's life: what was kept, in the order of sending. */
    const sent = new Map<
      string,
      { readonly number: number; readonly sequence: number; readonly event: ClientEvent }[]
    >();

    function deliveredInOrder(one: Delivered): void {
      if (one.count !== 1) return;
      let earlier = delivered.get(one.source.name);
      if (earlier === undefined) {
        earlier = [];
        delivered.set(one.source.name, earlier);
      }
      context.checked();
      const before = earlier.find(
        ({ event, sequence }) => event.at < one.asked.at && sequence > one.sequence,
      );
      earlier.push(one);
      if (before === undefined) return;
      context.violated(
        `${one.source.name} ${one.sequence}`,
        `${one.source.name} delivered number ${before.sequence} ${when(before.event)}, and number ${one.sequence} for the first time to whoever asked only ${when(one.asked)}.`,
        [before.event, one.asked, one.event],
      );
    }

    function sentInOrder(name: string, call: ClientEvent, answer: ClientEvent): void {
      const number = whole(call.value, "number") ?? 0;
      const sequence = whole(answer.value, "sequence") ?? 0;
      let others = sent.get(name);
      if (others === undefined) {
        others = [];
        sent.set(name, others);
      }
      context.checked();
      const other = others.find((each) => each.number < number !== each.sequence < sequence);
      others.push({ number, sequence, event: answer });
      if (other === undefined) return;
      context.violated(
        name,
        `${call.host} sent ${call.key} as its ${number}th message there, and it is number ${sequence}; its ${other.number}th is number ${other.sequence}.`,
        [other.event, answer],
      );
    }

    return {
      on() {
        if (view.delivered !== undefined) deliveredInOrder(view.delivered);
        const { sent: one } = view;
        // A message that was sent again is where it was.
        if (one?.call.answer?.phase !== "ok" || one.message.sends.length > 1) return;
        const { call, answer } = one.call;
        sentInOrder(`${one.channel.name} ${call.requestId.split(":")[0] ?? ""}`, call, answer);
      },
    };
  },
};

export const doneIsDone: Property = {
  id: "broker-channel-done-is-done",
  kind: "always",
  sentence:
    "A message whose ack was taken, or that is with the dead letters, comes to nobody who asks for one afterwards.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    return {
      on(event) {
        if (view.delivered === undefined) return;
        const { source, message, asked, event: came } = view.delivered;
        const progress = view.progressOf(message, source.name);
        const done = doneAt(progress);
        context.checked();
        if (done === undefined || done >= asked.at) return;
        const end = progress.acked?.answer?.at === done ? progress.acked.answer : progress.buried;
        context.violated(
          `${source.name} ${message.key}`,
          `${source.name} was done with ${message.key} at ${time(done)}, and delivered it ${when(came)} to whoever asked ${when(asked)}.`,
          [...(end === undefined ? [] : [end]), asked, event],
        );
      },
    };
  },
};

export const deliveredNoMoreThan: Property = {
  id: "broker-channel-gives-up",
  kind: "always",
  sentence:
    "A message is delivered as often as it may and no more, at most once where that is promised, and is not given up sooner.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    return {
      on(event) {
        const { delivered } = view;
        if (delivered !== undefined) {
          const { source, message, count } = delivered;
          const { config } = view.channels.get(message.channel) ?? {};
          if (config === undefined) return;
          const times = view.progressOf(message, source.name).deliveries.length;
          const most = config.delivery === "at-most-once" ? 1 : config.maxDeliveries;
          context.checked();
          const isTooOften = times > most || (config.delivery !== "at-most-once" && count > most);
          if (!isTooOften) return;
          context.violated(
            `${source.name} ${message.key}`,
            `${source.name} delivered ${message.key} ${when(event)}, for the ${times}th time and by its own count the ${count}th; it may ${most} times.`,
            [event],
          );
        } else if (event.kind === "state" && reasonOf(event) === "too-many-deliveries") {
          const count = whole(event.detail, "count") ?? 0;
          const source = view.sourceOf(String((event.detail as { readonly channel?: string }).channel ?? ""));
          const most = view.channels.get(source.channel)?.config.maxDeliveries ?? 0;
          context.checked();
          if (count >= most) return;
          context.violated(
            event.name,
            `${event.name} was given up ${when(event)}, after ${count} deliveries of ${most}.`,
            [event],
          );
        }
      },
    };
  },
};

export const expiresInTime: Property = {
  id: "broker-channel-expiry",
  kind: "always",
  sentence:
    "A message goes to the dead letters as expired when it is as old as that, not sooner, and is delivered to nobody by then.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    const { healAt } = context.plan;
    /** Before the first is sent, and by the last: when it was kept is somewhere in between. */
    const sentBetween = (message: Message): readonly [Micros, Micros] | undefined => {
      const first = message.sends[0]?.call;
      return first && [first.at, kept(message)?.answer?.at ?? Number.MAX_SAFE_INTEGER];
    };
    function tooEarly(source: Source, message: Message, event: HistoryEvent): void {
      const ttl = view.channels.get(source.channel)?.config.messageTtl;
      const [from] = sentBetween(message) ?? [];
      if (from === undefined) return;
      context.checked();
      // Clocks may go wrong by a twentieth.
      if (ttl !== undefined && event.at - from >= ttl - Math.floor(ttl / 10)) return;
      context.violated(
        `${source.name} ${message.key}`,
        `${message.key} was sent at ${time(from)} and expired ${when(event)}; messages of ${source.name} ${ttl === undefined ? "never do" : `do after ${time(ttl)}`}.`,
        [event],
      );
    }
    return {
      on(event) {
        if (event.kind === "state" && reasonOf(event) === "expired") {
          const { channel = "", key = "" } = event.detail as {
            readonly channel?: string;
            readonly key?: string;
          };
          const source = view.sourceOf(channel);
          const message = view.channels.get(source.channel)?.messages.get(key);
          if (message !== undefined) tooEarly(source, message, event);
        }
        if (view.delivered === undefined) return;
        const { source, message, event: came } = view.delivered;
        const ttl = view.channels.get(source.channel)?.config.messageTtl;
        const [, by] = sentBetween(message) ?? [];
        // The broker's time stands still while nobody leads.
        if (ttl === undefined || by === undefined || by < healAt + SETTLED_AFTER) return;
        context.checked();
        const most = ttl + Math.floor(ttl / 10) + ON_ITS_WAY;
        if (came.at - by <= most) return;
        context.violated(
          `${source.name} ${message.key}`,
          `${message.key} was kept at ${time(by)} and delivered ${when(came)}, though messages of ${source.name} expire after ${time(ttl)}.`,
          [came],
        );
      },
    };
  },
};

/** How soon a receiver gets what is there: a leader that has it, and a pull that finds it. */
const SERVED_WITHIN: Micros = SECOND;

export const receiversServed: Property = {
  id: "broker-channel-serves",
  kind: "eventually",
  sentence:
    "Once all is well, a receiver that waits gets a message if there is one that nobody has, and is answered in time.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    const { healAt } = context.plan;
    return {
      on(event) {
        if (view.unserved === undefined) return;
        const { source, call } = view.unserved;
        const channel = view.channels.get(source.channel);
        if (channel === undefined || call.call.at < healAt + SETTLED_AFTER) return;
        context.checked();
        const { receiveTimeout } = channel.config;
        const took = event.at - call.call.at;
        if (took > receiveTimeout + Math.floor(receiveTimeout / 10)) {
          context.violated(
            source.name,
            `A receiver of ${source.name} asked ${when(call.call)} and was answered only after ${time(took)}, though it was to wait ${time(receiveTimeout)}.`,
            [call.call, event],
          );
        }
        // What is delivered at most once may have been lost on its way.
        if (channel.isTopic || channel.config.delivery === "at-most-once") return;
        for (const message of channel.messages.values()) {
          const answer = kept(message)?.answer;
          if (answer === undefined || answer.at > call.call.at || message.progress.has(source.name)) continue;
          if (event.at - answer.at < SERVED_WITHIN) continue;
          context.violated(
            `${source.name} ${message.key}`,
            `A receiver of ${source.name} waited from ${time(call.call.at)} and got nothing, while ${message.key} was there since ${when(answer)} and nobody had it.`,
            [answer, call.call, event],
          );
        }
      },
    };
  },
};
