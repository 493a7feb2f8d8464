/** What clients asked of the broker and were answered, each call joined to its outcome. */
import type { EventOf } from "seedstorm";
import type { Check, ViewKind } from "seedstorm/check";

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
