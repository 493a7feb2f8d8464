/**
 * What is promised to everybody who sends, publishes or operates: nothing that was taken in is lost, whatever crashes; it is done with,
 * or it is with the dead letters.
 */
import { type Micros, SECOND } from "seedstorm";
import { type Property, time, when } from "seedstorm/check";
import { BURIED, OPERATION } from "../facts.js";
import {
  type ClientEvent,
  kept,
  lettersIn,
  type Message,
  type Source,
  type StateEvent,
  traffic,
} from "./traffic.js";

/** What was sent or published so late need not have come to its end: three deliveries that go without an answer, and their slack. */
const DONE_WITHIN: Micros = 22 * SECOND;

export const nothingLost: Property = {
  id: "broker-channel-loses-nothing",
  kind: "eventually",
  sentence:
    "A message that a channel took in is delivered until a receiver is done with it, or goes to the dead letters.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    const { healAt } = context.plan;
    return {
      end(at) {
        for (const channel of view.channels.values()) {
          if (channel.isTopic || channel.config.delivery === "at-most-once") continue;
          for (const message of channel.messages.values()) {
            const answer = kept(message)?.answer;
            if (answer === undefined || at - Math.max(answer.at, healAt) < DONE_WITHIN) continue;
            context.checked();
            const progress = message.progress.get(channel.name);
            if (
              progress?.acked !== undefined ||
              progress?.buried !== undefined ||
              mayBeDone(message, channel.name)
            )
              continue;
            const last = progress?.deliveries.at(-1)?.event;
            context.violated(
              `${channel.name} ${message.key}`,
              `${channel.name} took ${message.key} in ${when(answer)}; at ${time(at)} ${last === undefined ? "nobody has got it" : `the last that is known of it is that it was delivered ${when(last)}`}.`,
              last === undefined ? [answer] : [answer, last],
            );
          }
        }
      },
    };

    /**
     * Whether a receiver said that it is done with it, and did not live to hear the answer, or got none; or whether it was buried
     * by one who did not.
     */
    function mayBeDone(message: Message, source: string): boolean {
      const name = `${source} ${message.key}`;
      return view.acksBegun.has(name) || view.deadLetters.has(name);
    }
  },
};

export const subscribersMissNothing: Property = {
  id: "broker-channel-subscribers-miss-nothing",
  kind: "eventually",
  sentence:
    "A subscriber gets everything that is published from its subscription on, also over a crash of its own.",
  subscribes: ["client", "state"],
  start(context) {
    const view = context.view(traffic);
    const { healAt } = context.plan;
    const isMissed = (source: Source, message: Message, at: Micros): ClientEvent | undefined => {
      const since = source.subscribed?.answer;
      const answer = kept(message)?.answer;
      const begun = message.sends[0]?.call;
      if (since === undefined || answer === undefined || begun === undefined) return undefined;
      if (begun.at <= since.at || at - Math.max(answer.at, healAt) < DONE_WITHIN) return undefined;
      context.checked();
      return message.progress.has(source.name) ? undefined : answer;
    };
    return {
      end(at) {
        for (const { isTopic, sources, messages } of view.channels.values()) {
          if (!isTopic) continue;
          for (const source of sources.values()) {
            for (const message of messages.values()) {
              const answer = isMissed(source, message, at);
              if (answer === undefined) continue;
              context.violated(
                `${source.name} ${message.key}`,
                `${message.key} was published ${when(answer)}, and ${source.name} has not got it at ${time(at)}.`,
                [answer],
              );
            }
          }
        }
      },
    };
  },
};

export const deadLettersAreThere: Property = {
  id: "broker-channel-dead-letters",
  kind: "eventually",
  sentence: "Every message that was given up or has expired is found with the dead letters, once.",
  subscribes: ["client", "state"],
  start(context) {
    const buried: StateEvent[] = [];
    const asked = new Map<string, ClientEvent>();
    let last: { readonly asked: ClientEvent; readonly answer: ClientEvent } | undefined;
    return {
      on(event) {
        if (event.kind === "state" && event.entity === BURIED) buried.push(event);
        if (event.kind !== "client" || event.operation !== OPERATION.readDeadLetters) return;
        const call = asked.get(event.requestId);
        if (event.phase === "call") asked.set(event.requestId, event);
        else if (event.phase === "ok" && call !== undefined) {
          last = { asked: call, answer: event };
          const letters = lettersIn(event.value);
          const twice = letters.find((letter, i) => letters.indexOf(letter) !== i);
          context.checked();
          if (twice !== undefined)
            context.violated(twice, `${twice} is with the dead letters twice ${when(event)}.`, [event]);
        }
      },
      end() {
        if (last === undefined) return;
        const letters = new Set(lettersIn(last.answer.value));
        for (const event of buried) {
          if (event.at >= last.asked.at) continue;
          context.checked();
          if (letters.has(event.name)) continue;
          context.violated(
            event.name,
            `${event.name} was done with ${when(event)} as a dead letter, and is not among those that were read ${when(last.answer)}.`,
            [event, last.answer],
          );
        }
      },
    };
  },
};
