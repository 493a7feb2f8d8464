/** What everybody is owed: requests are tried for their time, and once the storm is over they are answered and messages get done. */
import { type Micros, SECOND } from "seedstorm";
import { type Property, text, time, when } from "seedstorm/check";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { nameOf } from "./delivering.js";
import { SETTLED_AFTER } from "./settled.js";
import { brokerState, isOver, isWanted } from "./state.js";

/** What came so late need not be done. */
const UNDONE_FOR: Micros = 30 * SECOND;

export const messagesGetDone: Property = {
  id: "broker-messages-get-done",
  kind: "eventually",
  sentence:
    "Every message that a consumer wants and that is kept is acked, terminated or given up in the end.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(brokerState);
    return {
      end(at) {
        for (const stream of state.streams.values()) {
          for (const consumer of stream.consumers.values()) {
            for (const message of stream.messages.values()) {
              if (message.removed !== undefined || !isWanted(consumer, message)) continue;
              if (at - message.event.at < UNDONE_FOR) continue;
              const delivery = consumer.deliveries.get(message.sequence);
              context.checked();
              if (delivery !== undefined && isOver(delivery)) continue;
              const name = nameOf(consumer);
              const place =
                delivery === undefined
                  ? "was never delivered"
                  : `is ${delivery.state} after ${delivery.count} deliveries`;
              context.violated(
                `${name}/${message.sequence}`,
                `${message.sequence} of ${name} ${place} at ${time(at)}, and is there since ${when(message.event)}.`,
                delivery === undefined ? [message.event] : [message.event, delivery.event],
              );
            }
          }
        }
      },
    };
  },
};

export const requestsAnswered: Property = {
  id: "broker-requests-answered",
  kind: "eventually",
  sentence: "Once the storm is over, every request is answered: done or refused for a reason.",
  subscribes: ["client"],
  start(context) {
    const calls = context.view(brokerCalls);
    const { healAt } = context.plan;
    const late: { readonly call: ClientEvent; readonly answer: ClientEvent }[] = [];
    return {
      on() {
        const { answered } = calls;
        if (answered === undefined || answered.call.at < healAt + SETTLED_AFTER) return;
        const { call, answer } = answered;
        context.checked();
        const { reason } = (answer.value ?? {}) as { readonly reason?: string };
        if (answer.phase === "info" || (answer.phase === "fail" && reason === "unavailable")) {
          late.push({ call, answer });
        }
      },
      end() {
        for (const { call, answer } of late) {
          context.violated(
            call.requestId,
            `${call.host} asked to ${call.operation.slice("broker/".length)} ${call.key} ${when(call)}, long after the storm, and got no answer until ${when(answer)}.`,
            [call, answer],
          );
        }
      },
    };
  },
};

/** How long a request is tried for, as documented; and how fast a client's clock may be. */
const TRIED_FOR: Micros = 5 * SECOND;
const FASTEST = 2;

export const requestsTried: Property = {
  id: "broker-requests-are-tried",
  kind: "always",
  sentence: "Nobody is told that there was no answer before the request has been tried for its whole time.",
  subscribes: ["client"],
  start(context) {
    const calls = context.view(brokerCalls);
    return {
      on() {
        const { answered } = calls;
        if (answered === undefined) return;
        const { call, answer } = answered;
        const isUnanswered =
          answer.phase === "info" ||
          (answer.phase === "fail" && text(answer.value, "reason") === "unavailable");
        context.checked();
        if (!isUnanswered || (answer.at - call.at) * FASTEST >= TRIED_FOR) return;
        context.violated(
          call.requestId,
          `${call.host} asked to ${call.operation.slice("broker/".length)} ${call.key} ${when(call)}, and gave up ${when(answer)}.`,
          [call, answer],
        );
      },
    };
  },
};
