/** What is promised to senders: an answer in time that is true, room for as many as may be and no more, and each message once. */
import { type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { type CheckContext, type Property, text, time, when, whole } from "seedstorm/check";
import type { Channel, Message } from "./traffic.js";
import { doneAt, errorOf, kept, traffic } from "./traffic.js";

/** Clocks may be slow, and a host may stand still. */
const SLACK: Micros = 2 * SECOND;

const nameOf = ({ channel, key }: Message): string => `${channel} ${key}`;

export const sendAnswersAreTrue: Property = {
  id: "broker-channel-answers-are-true",
  kind: "always",
  sentence: "A message of which a sender was told that it certainly is not kept is delivered to nobody.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    function judge(message: Message, event: HistoryEvent): void {
      const { sends } = message;
      context.checked();
      if (sends.length === 0 || !sends.every(({ answer }) => answer?.phase === "fail")) return;
      const last = sends.at(-1)?.answer;
      if (last === undefined) return;
      const delivered = [...message.progress.values()].find(({ deliveries }) => deliveries.length > 0);
      if (delivered === undefined) return;
      context.violated(
        nameOf(message),
        `The sender of ${message.key} to ${message.channel} was answered ${when(last)} that it is not kept, and it was delivered ${when(event)}.`,
        [last, event],
      );
    }
    return {
      on(event) {
        if (view.delivered !== undefined) judge(view.delivered.message, event);
        else if (view.sent !== undefined) judge(view.sent.message, event);
      },
    };
  },
};

export const keptOnce: Property = {
  id: "broker-channel-keeps-once",
  kind: "always",
  sentence: "A message is kept once, however often it took to send it.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    const sequences = new Map<string, { readonly sequence: number; readonly event: HistoryEvent }>();
    function judge(message: Message, sequence: number, event: HistoryEvent): void {
      const name = nameOf(message);
      const known = sequences.get(name);
      context.checked();
      if (known === undefined) sequences.set(name, { sequence, event });
      else if (known.sequence !== sequence) {
        context.violated(
          name,
          `${message.key} is number ${known.sequence} of ${message.channel} by what was known ${when(known.event)}, and number ${sequence} ${when(event)}.`,
          [known.event, event],
        );
      }
    }
    return {
      on(event) {
        const { sent, delivered } = view;
        if (delivered !== undefined) judge(delivered.message, delivered.sequence, event);
        const sequence =
          sent?.call.answer?.phase === "ok" ? whole(sent.call.answer.value, "sequence") : undefined;
        if (sent !== undefined && sequence !== undefined) judge(sent.message, sequence, event);
      },
    };
  },
};

/** When a message may have been kept, and when it certainly was, as far as senders and receivers can tell. */
interface Stay {
  readonly possible: readonly [from: Micros, to: Micros];
  /** From its sender's answer until somebody asked who then got it. */
  readonly certain: readonly [from: Micros, to: Micros] | undefined;
}

function stayOf({ isTopic, sources }: Channel, message: Message): Stay | undefined {
  const from = message.sends[0]?.call.at;
  if (from === undefined || message.sends.every(({ answer }) => answer?.phase === "fail")) return undefined;
  const ends = isTopic
    ? [...sources.keys()].map((name) => message.progress.get(name))
    : [message.progress.get(message.channel)];
  const done = ends.map((progress) => (progress && doneAt(progress)) ?? Number.MAX_SAFE_INTEGER);
  const to = Math.max(...done);
  const answer = kept(message)?.answer;
  const asked = ends.flatMap((progress) => progress?.deliveries.map(({ asked }) => asked.at) ?? []);
  const lastAsked = Math.max(...asked, 0);
  return {
    possible: [from, to],
    certain: answer === undefined || answer.at >= lastAsked ? undefined : [answer.at, lastAsked],
  };
}

export const capacityKept: Property = {
  id: "broker-channel-capacity",
  kind: "always",
  sentence: "A channel keeps no more messages than its capacity.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    return {
      end() {
        for (const channel of view.channels.values()) {
          const changes: { readonly at: Micros; readonly by: number; readonly message: Message }[] = [];
          for (const message of channel.messages.values()) {
            const stay = stayOf(channel, message);
            if (stay?.certain === undefined) continue;
            const [from, to] = stay.certain;
            changes.push({ at: from, by: 1, message }, { at: to, by: -1, message });
          }
          judge(
            context,
            channel,
            changes.sort((a, b) => a.at - b.at || a.by - b.by),
          );
        }
      },
    };
  },
};

function judge(
  context: CheckContext,
  { name, config }: Channel,
  changes: readonly { readonly at: Micros; readonly by: number; readonly message: Message }[],
): void {
  let held = 0;
  for (const { at, by, message } of changes) {
    held += by;
    context.checked();
    if (held <= config.capacity) continue;
    const answer = kept(message)?.answer;
    context.violated(
      name,
      `${name} keeps ${held} messages at ${time(at)}, when it has taken ${message.key}, and may keep ${config.capacity}.`,
      answer === undefined ? [] : [answer],
    );
    return;
  }
}

export const fullAsConfigured: Property = {
  id: "broker-channel-full-as-configured",
  kind: "always",
  sentence:
    "Only a channel that may be full turns a sender away, and in the way that it is configured for: at once as dropped, at once as refused, or when the time for which the sender waits is over.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    return {
      end() {
        for (const channel of view.channels.values()) {
          const stays = [...channel.messages.values()].flatMap((message) => {
            const stay = stayOf(channel, message);
            return stay === undefined ? [] : [{ message, from: stay.possible[0], to: stay.possible[1] }];
          });
          const { whenFull, capacity } = channel.config;
          for (const message of channel.messages.values()) {
            for (const send of message.sends) {
              if (send.answer?.phase !== "fail") continue;
              const error = errorOf(send);
              context.checked();
              if (error === "timed-out") continue;
              const { call, answer } = send;
              const others = stays.filter(
                ({ message: other, from, to }) => other !== message && from <= answer.at && to >= call.at,
              ).length;
              const expected = whenFull === "error" ? "full" : whenFull === "drop" ? "dropped" : "nothing";
              if (error === expected && others >= capacity) continue;
              context.violated(
                nameOf(message),
                error === expected
                  ? `${channel.name} turned ${message.key} away ${when(answer)} as ${error}, and can have kept no more than ${others} messages of ${capacity}.`
                  : `${channel.name} turned ${message.key} away ${when(answer)} as ${error}; when it is full, it is to ${whenFull}.`,
                [call, answer],
              );
            }
          }
        }
      },
    };
  },
};

export const senderAnsweredInTime: Property = {
  id: "broker-channel-sender-answered",
  kind: "always",
  sentence:
    "A sender is answered within its time, and waits for all of it before it is told that there was no room in time.",
  subscribes: ["client", "state", "host"],
  start(context) {
    const view = context.view(traffic);
    const { faults, healAt } = context.plan;
    const isSlow = faults.some(({ kind }) => kind === "pause");
    const lives = new Map<string, number>();
    const crashed = new Set<string>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase === "crash" || event.phase === "gone")
            crashed.add(`${event.host} ${lives.get(event.host) ?? 1}`);
          if (event.phase === "boot") lives.set(event.host, event.incarnation);
          return;
        }
        if (view.sent === undefined) return;
        const { channel, message, call } = view.sent;
        const { answer } = call;
        if (answer === undefined) return;
        const { sendTimeout } = channel.config;
        const took = answer.at - call.call.at;
        context.checked();
        const isLate = took > sendTimeout + SLACK && !(isSlow && call.call.at < healAt);
        // Clocks may go wrong by a twentieth.
        const isEarly = errorOf(call) === "timed-out" && took < sendTimeout - Math.floor(sendTimeout / 10);
        if (!isLate && !isEarly) return;
        context.violated(
          nameOf(message),
          `The sender of ${message.key} to ${channel.name} was answered after ${time(took)} (${text(answer.value, "error") || "kept"}), and its time is ${time(sendTimeout)}.`,
          [call.call, answer],
        );
      },
      end(at) {
        for (const { messages, config } of view.channels.values()) {
          for (const message of messages.values()) {
            for (const { call, answer } of message.sends) {
              if (answer !== undefined || crashed.has(`${call.host} ${lifeOf(call.requestId)}`)) continue;
              if (at - Math.max(call.at, healAt) < config.sendTimeout + SLACK) continue;
              context.violated(
                nameOf(message),
                `The sender of ${message.key} asked ${when(call)}, and has no answer at ${time(at)}.`,
                [call],
              );
            }
          }
        }
      },
    };
  },
};

/** Ids of requests begin with `HOST#LIFE:`. */
const lifeOf = (requestId: string): number => Number(/#(\d+):/.exec(requestId)?.[1] ?? 1);
