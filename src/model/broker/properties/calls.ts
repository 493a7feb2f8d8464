/**
 * What clients asked of the broker and were answered, each call joined to its outcome, and the frame of properties that judge
 * by a success.
 */
import type { EventOf } from "seedstorm";
import type { Check, CheckContext, Property, ViewKind } from "seedstorm/check";
import { type BrokerState, brokerState } from "./state.js";

export type ClientEvent = EventOf<"client">;

export interface Call {
  readonly operation: string;
  readonly call: ClientEvent;
  readonly answer: ClientEvent;
}

export interface BrokerCalls extends Check {
  /** The call that the current event answers. */
  readonly answered: Call | undefined;
  /** The call that the current event begins. */
  readonly begun: ClientEvent | undefined;
  /** Calls without an answer. */
  readonly open: ReadonlyMap<string, ClientEvent>;
}

const PREFIX = "broker/";

export const brokerCalls: ViewKind<BrokerCalls> = {
  subscribes: ["client"],
  start() {
    const open = new Map<string, ClientEvent>();
    let answered: Call | undefined;
    let begun: ClientEvent | undefined;
    return {
      open,
      get answered() {
        return answered;
      },
      get begun() {
        return begun;
      },
      on(event) {
        answered = undefined;
        begun = undefined;
        if (event.kind !== "client" || !event.operation.startsWith(PREFIX)) return;
        if (event.phase === "call") {
          open.set(event.requestId, event);
          begun = event;
          return;
        }
        const call = open.get(event.requestId);
        open.delete(event.requestId);
        if (call === undefined) return;
        answered = { operation: event.operation.slice(PREFIX.length), call, answer: event };
      },
    };
  },
};

export interface Success extends Call {
  /** The last sequence of the stream that the call names, when it was made; 0 where it names none. */
  readonly last: number;
}

/** A property of what a success says: judged when a call of the operation is answered so. */
export function whenDone(
  operation: string,
  about: Pick<Property, "id" | "sentence">,
  start: (state: BrokerState, context: CheckContext) => (success: Success) => void,
): Property {
  return {
    ...about,
    kind: "always",
    subscribes: ["client", "durable"],
    start(context) {
      const state = context.view(brokerState);
      const calls = context.view(brokerCalls);
      const judge = start(state, context);
      const lasts = new Map<string, number>();
      return {
        subscribes: ["client"],
        on() {
          const { begun, answered } = calls;
          if (begun?.operation === `${PREFIX}${operation}`) {
            lasts.set(begun.requestId, state.streams.get(begun.key)?.last ?? 0);
          }
          if (answered?.operation !== operation) return;
          const last = lasts.get(answered.call.requestId) ?? 0;
          lasts.delete(answered.call.requestId);
          if (answered.answer.phase === "ok") judge({ ...answered, last });
        },
      };
    },
  };
}
