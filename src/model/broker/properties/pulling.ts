/**
 * How long whoever pulls waits: while there is nothing for it no less than it asked for, and not at all while there is a message.
 *
 * Judged where all is well: a broker that has just come to lead may not know yet what another has delivered.
 */
import { type Micros, ms } from "seedstorm";
import { ensure, type Property, time, when } from "seedstorm/check";
import { brokerCalls } from "./calls.js";
import { nameOf } from "./delivering.js";
import { isSettled } from "./settled.js";
import { brokerState, type ConsumerModel, isOver, stillToCome } from "./state.js";

/** The shortest wait that clients ask for; and how fast a client's clock may be. */
export const SHORTEST_PULL: Micros = ms(300);
const FASTEST = 2;

/** The last events that changed what a consumer can be given. */
interface Changed {
  /** Something was given to it. */
  given: number;
  /** One of its messages was settled or removed, or it was declared. */
  settled: number;
}

export const pullsWait: Property = {
  id: "broker-pulls-wait",
  kind: "always",
  sentence:
    "Where all is well a pull comes back empty only when its time is over, and not while there is a message that its consumer has never been given and may be given.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const changed = new Map<string, Changed>();
    const of = (name: string): Changed => ensure(changed, name, () => ({ given: -1, settled: -1 }));
    return {
      on(event) {
        if (event.kind === "durable") {
          note(event.id);
          return;
        }
        const { answered } = calls;
        if (answered?.operation !== "pull" || !isSettled(context.plan, answered.call.at)) return;
        const { call, answer } = answered;
        if (answer.phase !== "ok" || !Array.isArray(answer.value) || answer.value.length > 0) return;
        const [streamName = "", consumerName = ""] = call.key.split("/");
        const stream = state.streams.get(streamName);
        const consumer = stream?.consumers.get(consumerName);
        if (consumer === undefined || consumer.event.id > call.id) return;
        const { given, settled } = of(call.key);
        context.checked();
        if ((answer.at - call.at) * FASTEST < SHORTEST_PULL && settled < call.id) {
          context.violated(
            call.requestId,
            `${call.host} pulled of ${call.key} ${when(call)}, and got nothing after ${time(answer.at - call.at)}: it asked to wait for longer, and nothing of it was settled meanwhile.`,
            [call, answer],
          );
        }
        if (given > call.id || settled > call.id || !hasRoom(consumer)) return;
        const [message] = stillToCome(consumer);
        if (message === undefined || message.event.id > call.id) return;
        context.violated(
          call.requestId,
          `${call.host} pulled of ${call.key} ${when(call)}, and got nothing until ${when(answer)}: ${message.sequence} was there for it since ${when(message.event)}.`,
          [message.event, call, answer],
        );
      },
    };

    function note(id: number): void {
      for (const change of state.changes) {
        switch (change.of) {
          case "delivery": {
            const last = of(nameOf(change.consumer));
            if (isOver(change.after)) last.settled = id;
            else last.given = id;
            break;
          }
          case "removal":
          case "update":
            for (const each of change.stream.consumers.values()) of(nameOf(each)).settled = id;
        }
      }
    }
  },
};

/** Whether it has fewer messages out than it can take. */
function hasRoom({ config, stream, deliveries }: ConsumerModel): boolean {
  if (config.maxAckPending === undefined) return true;
  let out = 0;
  for (const delivery of deliveries.values()) {
    if (!isOver(delivery) && stream.messages.get(delivery.sequence)?.removed === undefined) out++;
  }
  return out < config.maxAckPending;
}
