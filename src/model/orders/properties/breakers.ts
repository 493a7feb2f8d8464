/**
 * A breaker opens only because its upstream fails: half of a window of at least ten calls. Declines are answers, and so are refusals. What
 * is checked is that within the window and a call's time-out before it there were as many failures as the least window takes: by the
 * outside's own replies, and, for the breaker before the order service, by requests that found nobody or no answer. Who counts and how
 * is for the breaker's own properties.
 */

import type { EventOf, HistoryEvent, Micros } from "seedstorm";
import { ensure, fields, type Property, text, when } from "seedstorm/check";
import { frozenBy } from "../../actors/properties/clocks.js";
import { type BreakerSection, duration } from "../config.js";
import { CARRIERS } from "../external/carrier.js";
import { PAYMENTS } from "../external/payment-provider.js";
import { configOf, ordersKnobs } from "../knobs.js";
import { errorOf } from "./external.js";

const SERVICE_OF: Readonly<Record<string, string>> = {
  "payment-gateway": PAYMENTS,
  "order-service": "orders",
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
  /** Host, service and token. */
  readonly about: string;
  /** When it began; of one that was under way while its host stood still, when that went on and could hear of it. */
  at: Micros;
  failed: boolean;
}

export const breakerOpensForCause: Property = {
  id: "breaker-opens-for-cause",
  kind: "always",
  sentence:
    "A breaker opens only when the service behind it failed or could not be asked, not when it declined or refused.",
  subscribes: ["external", "state", "refusal", "host"],
  start(context) {
    const knobs = ordersKnobs(context.plan.knobs);
    const { services } = configOf(knobs);
    /** Windows go by the host's clock, which may go wrong by a twentieth, and stand still. */
    const frozen = frozenBy(context.plan);
    const reachOf = (config: BreakerSection): Micros => {
      const reach = duration(config.window_duration) + duration(config.request_timeout);
      return reach + Math.ceil(reach / 20) + frozen;
    };
    const leastOf = (config: BreakerSection): number =>
      Math.ceil((config.minimum_requests * config.failure_threshold) / 100);
    /** By host and service. What has no answer counts as failed. */
    const calls = new Map<string, Call[]>();
    /** Those among them that count as failed, by host, service and token. */
    const failing = new Map<string, Call[]>();

    function external(event: HistoryEvent): void {
      if (event.kind !== "external" || event.phase === "applied") return;
      const { host, service, at, phase } = event;
      const about = `${host} ${service} ${event.token}`;
      if (phase === "attempt") {
        const all = ensure(calls, `${host} ${service}`, () => []);
        const call: Call = { about, at, failed: true };
        all.push(call);
        ensure(failing, about, () => []).push(call);
        if (all.length > 400) for (const old of all.splice(0, 200)) if (old.failed) passed(old);
      } else {
        const call = failing.get(about)?.at(-1);
        if (call === undefined || isFailure(event)) return;
        call.failed = false;
        passed(call);
      }
    }

    function passed(call: Call): void {
      const left = failing.get(call.about)?.filter((other) => other !== call) ?? [];
      if (left.length === 0) failing.delete(call.about);
      else failing.set(call.about, left);
    }

    /** When each host that stands still began to. */
    const standing = new Map<string, Micros>();

    function host(event: HistoryEvent): void {
      if (event.kind !== "host") return;
      if (event.phase === "pause") standing.set(event.host, event.at);
      const since = standing.get(event.host);
      if (event.phase !== "resume" || since === undefined) return;
      standing.delete(event.host);
      const longest = duration(services.payment.circuit_breaker.request_timeout);
      for (const [key, all] of calls) {
        if (!key.startsWith(`${event.host} `)) continue;
        for (const call of all) if (call.failed && call.at >= since - longest) call.at = event.at;
      }
    }

    /** Requests to the order service that came to nothing. */
    function request(event: HistoryEvent): void {
      const isLost =
        event.kind === "state" &&
        event.entity === "route" &&
        event.to === "failure" &&
        text(event.detail, "service") === "orders";
      const isUnroutable = event.kind === "refusal" && event.operation === "route" && event.key === "orders";
      if (!isLost && !isUnroutable) return;
      const key = `${event.host} orders`;
      const all = calls.get(key) ?? [];
      calls.set(key, all);
      all.push({ about: key, at: event.at, failed: true });
    }

    return {
      on(event) {
        external(event);
        request(event);
        host(event);
        if (
          event.kind !== "state" ||
          event.entity !== "breaker" ||
          event.from !== "closed" ||
          event.to !== "open"
        )
          return;
        const service = SERVICE_OF[event.name];
        // In a lean history requests do not say what came of them.
        if (service === undefined || (service === "orders" && knobs.lean)) return;
        context.checked();
        const all = calls.get(`${event.host} ${service}`) ?? [];
        const config = (service === "orders" ? services.gateway : services.payment).circuit_breaker;
        const since = event.at - reachOf(config);
        const failures = all.filter(({ at, failed }) => failed && at >= since).length;
        if (failures >= leastOf(config)) return;
        context.violated(
          `${event.host} ${event.name}`,
          `The breaker ${event.name} opened ${when(event)} on ${event.host}, though only ${failures} calls of it had failed of late.`,
          [event],
        );
      },
    };
  },
};
