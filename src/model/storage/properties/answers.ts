/** What clients of a store are told when it is not well: "perhaps" only where something may have been done without an answer. */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { type Property, text, when } from "seedstorm/check";

/** As documented: how long one attempt is waited for. */
const ATTEMPT: Micros = SECOND;
/** And how long a read or a commit is tried for; and how fast a client's clock may be. */
const TRIED_FOR: Micros = 5 * SECOND;
const FASTEST = 2;

/** @param operation by which clients record a transaction. */
export function unknownHasCause(operation: string): Property {
  return {
    id: "store-unknown-has-a-cause",
    kind: "always",
    sentence:
      "A client does not know what became of its commit, or that there is a store, only if that left it without an answer for as long as it is to be tried.",
    subscribes: ["client", "state"],
    start(context) {
      /** One that lost something says so at once. */
      let isDamaged = false;
      const open = new Map<string, EventOf<"client">>();
      return {
        on(event) {
          if (event.kind === "state" && event.entity === "store" && event.to === "damaged") isDamaged = true;
          if (event.kind !== "client" || event.operation !== operation) return;
          if (event.phase === "call") {
            open.set(event.requestId, event);
            return;
          }
          const call = open.get(event.requestId);
          open.delete(event.requestId);
          if (call === undefined) return;
          context.checked();
          const isUnavailable =
            event.phase === "fail" && text(event.value, "reason") === "unavailable" && !isDamaged;
          const least = event.phase === "info" ? ATTEMPT : isUnavailable ? TRIED_FOR / FASTEST : 0;
          if (event.at - call.at >= least) return;
          context.violated(
            event.requestId,
            `${event.host} asked for ${event.requestId} ${when(call)} and was told ${when(event)} that there was no answer, before it had waited for one as long as it was to.`,
            [call, event],
          );
        },
      };
    },
  };
}
