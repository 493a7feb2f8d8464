/**
 * What is promised of a gateway that validates: a malformed request is answered by the gateway, whatever the order service is like, and the
 * order service has no work with it. That nothing else is refused as malformed is for `refusal-has-cause`.
 */
import type { EventOf } from "seedstorm";
import { type Property, when } from "seedstorm/check";
import { breakerHears } from "../../actors/properties/breaker.js";
import { ordersKnobs } from "../knobs.js";
import { complaintOf, type OrderRequest } from "../order.js";

export const malformedStaysOutside: Property = {
  id: "malformed-stays-outside",
  kind: "always",
  sentence:
    "Where the gateway validates, a malformed request is refused as such, and never gets to the order service.",
  subscribes: ["client", "refusal"],
  start(context) {
    const { gatewayValidates, lean } = ordersKnobs(context.plan.knobs);
    // In a lean history calls do not say what they asked for.
    if (!gatewayValidates || lean) return { subscribes: [] };
    /** Calls that ask for what no order can be. */
    const malformed = new Map<string, EventOf<"client">>();
    return {
      on(event) {
        if (event.kind === "refusal") {
          if (event.operation !== "place" || event.reason !== "invalid") return;
          context.violated(
            event.key,
            `${event.key} is malformed (${String(event.detail.complaint)}) and got to ${event.host} ${when(event)}, though the gateway validates.`,
            [event],
          );
          return;
        }
        if (event.kind !== "client" || event.operation !== "place") return;
        if (event.phase === "call") {
          const request = event.value as unknown as OrderRequest; // calls of `place` carry one
          if (complaintOf(request) !== undefined) malformed.set(event.requestId, event);
          return;
        }
        const call = malformed.get(event.requestId);
        // Nobody may have been reached: then there is no answer.
        if (call === undefined || event.phase === "info") return;
        context.checked();
        if (event.phase === "fail" && event.value === "invalid") return;
        context.violated(
          event.key,
          `${event.key} is malformed, and its customer was told "${event.phase === "ok" ? "accepted" : String(event.value)}" ${when(event)}.`,
          [call, event],
        );
      },
    };
  },
};

/** Elsewhere a worker that is killed during a call reports nothing. */
export const gatewayBreakerHears: Property = {
  ...breakerHears,
  start(context) {
    const check = breakerHears.start(context);
    const gateways = new Set(
      context.plan.topology.filter(({ role }) => role === "gateway").map(({ id }) => id),
    );
    return {
      on: (event) => {
        if (gateways.has(event.host)) check.on?.(event);
      },
      end: (at) => check.end?.(at),
    };
  },
};
