/** What clients of a store are told when it is not well: "perhaps" only where something may have been done without an answer. */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { type Property, when } from "seedstorm/check";

/** As documented: how long one attempt is waited for. */
const ATTEMPT: Micros = SECOND;

/** @param operation by which clients record a transaction. */
export function unknownHasCause(operation: string): Property {
  return {
    id: "store-unknown-has-a-cause",
    kind: "always",
    sentence: "A client does not know what became of its commit only if the store left it without an answer.",
    subscribes: ["client"],
    start(context) {
      const open = new Map<string, EventOf<"client">>();
      return {
        on(event) {
          if (event.kind !== "client" || event.operation !== operation) return;
          if (event.phase === "call") {
            open.set(event.requestId, event);
            return;
          }
          const call = open.get(event.requestId);
          open.delete(event.requestId);
          if (call === undefined) return;
          context.checked();
          if (event.phase !== "info" || event.at - call.at >= ATTEMPT) return;
          context.violated(
            event.requestId,
            `${event.host} asked for ${event.requestId} ${when(call)} and was told ${when(event)} that nobody knows what became of it, before it had waited for any answer.`,
            [call, event],
          );
        },
      };
    },
  };
}
