/**
 * A breaker opens only because its upstream fails: half of a window of at least ten calls. Declines are answers. What is checked is
 * that within the window and a call's time-out before it there were as many failures as the least window takes, by the outside's
 * own replies; who counts and how is for the breaker's own properties.
 */
import type { EventOf, HistoryEvent, Micros } from "seedstorm";
import { fields, type Property, when } from "seedstorm/check";
import { duration } from "../config.js";
import { CARRIERS } from "../external/carrier.js";
import { PAYMENTS } from "../external/payment-provider.js";
import { configOf, ordersKnobs } from "../knobs.js";
import { errorOf } from "./external.js";

const SERVICE_OF: Readonly<Record<string, string>> = {
  "payment-gateway": PAYMENTS,
  ...Object.fromEntries(CARRIERS.map((carrier) => [carrier, carrier])),
};
const FAILURES = new Set(["service unavailable", "processing-error"]);

/** Statuses by which a service that did nothing wrong says that it could not look at the call. */
const PASSING = new Set([408, 425]);

/** Whether a service was out of order, or nobody knows what came of the call; that it has enough to do is an answer. */
function isFailure(event: EventOf<"external">): boolean {
  const { status, unknown } = fields(event.value) ?? {};
  if (typeof status === "number") return status >= 500 || PASSING.has(status);
  return unknown === true || FAILURES.has(errorOf(event));
}

interface Call {
  readonly token: string;
  readonly at: Micros;
  failed: boolean;
}

export const breakerOpensForCause: Property = {
  id: "breaker-opens-for-cause",
  kind: "always",
  sentence: "A breaker before an outside service opens only when that service failed, not when it declined.",
  subscribes: ["external", "state", "host"],
  start(context) {
    const config = configOf(ordersKnobs(context.plan.knobs)).services.payment.circuit_breaker;
    const reach = duration(config.window_duration) + duration(config.request_timeout);
    const least = Math.ceil((config.minimum_requests * config.failure_threshold) / 100);
    /** By host and service. What has no answer counts as failed. */
    const calls = new Map<string, Call[]>();

    function external(event: HistoryEvent): void {
      if (event.kind !== "external" || event.phase === "applied") return;
      const key = `${event.host} ${event.service}`;
      const all = calls.get(key) ?? [];
      calls.set(key, all);
      if (event.phase === "attempt") {
        all.push({ token: event.token, at: event.at, failed: true });
        if (all.length > 400) all.splice(0, 200);
      } else {
        const call = all.findLast(({ token, failed }) => token === event.token && failed);
        if (call !== undefined) call.failed = isFailure(event);
      }
    }

    return {
      on(event) {
        external(event);
        if (
          event.kind !== "state" ||
          event.entity !== "breaker" ||
          event.from !== "closed" ||
          event.to !== "open"
        )
          return;
        const service = SERVICE_OF[event.name];
        if (service === undefined) return;
        context.checked();
        const all = calls.get(`${event.host} ${service}`) ?? [];
        const failures = all.filter(({ at, failed }) => failed && at >= event.at - reach).length;
        if (failures >= least) return;
        context.violated(
          `${event.host} ${event.name}`,
          `The breaker ${event.name} opened ${when(event)} on ${event.host}, though only ${failures} calls of it had failed of late.`,
          [event],
        );
      },
    };
  },
};
