/**
 * What was reported to a client as failed is not done: a publish that was refused, or that never reached
 * anybody, is nowhere.
 *
 * Messages are known by their subject and content. Where the same was published several times, all must have failed.
 */
import { ensure, type Property, text, when, whole } from "seedstorm/check";
import { brokerCalls, type ClientEvent } from "./calls.js";
import { brokerState, type MessageState } from "./state.js";

interface Attempts {
  /** Of those that failed for certain: the first. */
  failed: { readonly call: ClientEvent; readonly answer: ClientEvent } | undefined;
  /** Some may have been done: they were answered so, or not at all. */
  open: number;
}

export const failuresNotDone: Property = {
  id: "broker-failures-are-not-done",
  kind: "at-end",
  sentence: "A message whose publish was refused or certainly not done is in no stream.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(brokerState);
    const calls = context.view(brokerCalls);
    const published = new Map<string, Attempts>();
    const stored = new Map<string, MessageState>();

    return {
      on(event) {
        if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "message") continue;
            const { subject, digest } = change.message;
            stored.set(`${subject} ${digest}`, change.message);
          }
          return;
        }
        const { begun, answered } = calls;
        const call = begun ?? answered?.call;
        if (call?.operation !== "broker/publish") return;
        const key = `${text(call.value, "subject")} ${whole(call.value, "digest") ?? 0}`;
        const attempts = ensure(published, key, () => ({ failed: undefined, open: 0 }));
        if (begun !== undefined) attempts.open++;
        else if (answered?.answer.phase === "fail") {
          attempts.open--;
          attempts.failed ??= { call, answer: answered.answer };
        }
      },
      end() {
        for (const [key, { failed, open }] of published) {
          if (failed === undefined || open > 0) continue;
          context.checked();
          const message = stored.get(key);
          if (message === undefined) continue;
          const { call, answer } = failed;
          context.violated(
            key,
            `${call.host} was told ${when(answer)} that its message on ${message.subject} is certainly not stored, and it is ${message.sequence} of its stream since ${when(message.event)}.`,
            [call, answer, message.event].sort((a, b) => a.id - b.id),
          );
        }
      },
    };
  },
};
