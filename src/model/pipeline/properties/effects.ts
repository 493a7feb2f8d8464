/**
 * Effects happen once: G8.
 *
 * Two truths are read: the replicated effect store, and what the payment service itself says that it applied. Not
 * verified: effects on services that say nothing of what they applied.
 */
import type { EventOf } from "seedstorm";
import { type Property, same, text, when, where } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import type { KeyChange } from "./changes.js";
import { pipelineState } from "./state.js";

const CHARGE = ":charge";

/** The order that a token stands for: whatever follows `:charge` would be a second try under another name. */
function orderOf(token: string): string {
  const at = token.lastIndexOf(CHARGE);
  return at < 0 ? token : token.slice(0, at);
}

export const noDoubleEffect: Property = {
  id: "no-double-effect",
  alias: "G8",
  kind: "always",
  sentence:
    "An order has at most one effect record and is charged at most once, and no service applies a token twice.",
  subscribes: ["durable", "external"],
  start(context) {
    const state = context.view(pipelineState);
    const completed = new Map<string, { readonly change: KeyChange; readonly event: DurableEvent }>();
    const captured = new Map<string, EventOf<"external">>();
    const byToken = new Map<string, EventOf<"external">>();

    function effectChanged(change: KeyChange, event: DurableEvent): void {
      const before = completed.get(change.key);
      if (change.state === "completed") {
        context.checked();
        if (before === undefined) {
          completed.set(change.key, { change, event });
          return;
        }
        const repeats = before.change.attempt === change.attempt && same(before.change.value, change.value);
        if (repeats) return;
      } else if (before === undefined || change.state === "released") return;
      const then = change.state === "completed" ? "was completed again" : "was reserved again";
      context.violated(
        change.key,
        `${change.key} was completed ${where(before.event)} and ${then} by ${change.owner} ${where(event)}.`,
        [before.event, event],
      );
    }

    function applied(event: EventOf<"external">): void {
      context.checked();
      const token = `${event.service} ${event.token}`;
      const twin = byToken.get(token);
      const charges = event.operation === "capture" && text(event.value, "status") !== "declined";
      const order = charges ? orderOf(event.token) : event.token;
      const earlier = twin ?? (charges ? captured.get(order) : undefined);
      if (twin === undefined) byToken.set(token, event);
      if (charges && !captured.has(order)) captured.set(order, event);
      if (earlier === undefined) return;
      const tokens =
        earlier.token === event.token
          ? `both for token ${event.token}`
          : `for tokens ${earlier.token} and ${event.token}`;
      const call = charges ? "was charged" : `had ${event.operation} applied by ${event.service}`;
      context.violated(
        `external ${order}`,
        `${order} ${call} twice: ${askedBy(earlier)} and ${askedBy(event)}, ${tokens}.`,
        [earlier, event],
      );
    }

    /** Who asked a service for what it applied: the attempt stands among the causes. */
    function askedBy(event: EventOf<"external">): string {
      let cause = event.cause;
      for (let steps = 0; cause >= 0 && steps < 8; steps++) {
        const before = context.event(cause);
        if (before.kind === "external" && before.phase === "attempt")
          return `${when(event)} for ${before.host}`;
        cause = before.cause;
      }
      return when(event);
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "key" && change.key.startsWith("effect:")) effectChanged(change, event);
      }
    });
    return {
      subscribes: ["external"],
      on(event) {
        if (event.kind === "external" && event.phase === "applied") applied(event);
      },
    };
  },
};
