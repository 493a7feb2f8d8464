/**
 * What is promised of the errors by which calls of actors end: that they say what was done. Not verified: that a mailbox was full
 * when a call was refused for that.
 */
import { type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

interface Calls {
  /** Without an answer yet: as they were sent, and whether the actor has come to them. */
  readonly open: Map<string, { readonly sent: StateEvent; begun: StateEvent | undefined }>;
  /** When each actor ended. */
  readonly ended: Map<string, StateEvent>;
}

export const callErrorsAreTrue: Property = {
  id: "actor-errors-are-true",
  kind: "always",
  sentence:
    "A call of an actor fails as `crashed` when the actor ended while it was at it, as `dead` when the actor has ended and had not come to it, as `timed-out` when its time is over.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Calls>(() => ({ open: new Map(), ended: new Map() }));

    /** What is wrong with an error; undefined when it is true. */
    function flaw(
      error: StateEvent,
      sent: StateEvent,
      begun: StateEvent | undefined,
      end: StateEvent | undefined,
    ): string | undefined {
      switch (error.to) {
        case "crashed":
          if (begun === undefined) return "though the actor had not come to it";
          return end?.at === error.at ? undefined : "though the actor did not end then";
        case "dead":
          if (begun !== undefined) return `though the actor was at it since ${time(begun.at)}`;
          return end === undefined ? "though the actor had not ended" : undefined;
        case "timed-out": {
          const waited = error.at - sent.at;
          // A host's clock may go wrong by a twentieth.
          return waited >= (amount(sent, "timeout") * 9) / 10 ? undefined : "long before its time was over";
        }
        default:
          return undefined;
      }
    }

    return {
      on(event) {
        const { open, ended } = lives.of(event);
        const end = about(event, ENTITY.actor);
        if (end?.to === "ended") ended.set(end.name, end);
        const call = about(event, ENTITY.call);
        if (call === undefined || call.to === "late") return;
        if (call.to === "sent") {
          open.set(call.name, { sent: call, begun: undefined });
          return;
        }
        const known = open.get(call.name);
        if (known === undefined) return;
        if (call.to === "handling") {
          known.begun = call;
          return;
        }
        open.delete(call.name);
        if (call.to === "ok") return;
        context.checked();
        const actorEnd = ended.get(field(call, "actor"));
        const found = flaw(call, known.sent, known.begun, actorEnd);
        if (found === undefined) return;
        const evidence = [known.sent, known.begun, actorEnd, call].filter((one) => one !== undefined);
        context.violated(
          `${call.host} ${call.name}`,
          `A call of ${field(call, "actor")} failed as ${call.to} ${when(call)}, ${found}.`,
          evidence,
        );
      },
    };
  },
};
