/**
 * What is promised of service registries and of those who go by them. That an instance is alive is proved by its own heartbeats, as
 * registries tell them; gossip proves nothing.
 */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { count, ensure, type Property, texts, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

/** How many times its time to live an instance may have been silent: clocks that stand still make registries and clients late. */
const GRACE = 4;

export const noExpiredRoute: Property = {
  id: "registry-no-expired-route",
  alias: "P14",
  kind: "always",
  sentence:
    "No call is routed to an instance that has been silent for long after its time to live, or that left long ago.",
  subscribes: ["state", "lease"],
  start(context) {
    const beats = new Map<string, EventOf<"lease">>();
    const left = new Map<string, EventOf<"lease">>();
    return {
      on(event) {
        if (event.kind === "lease") {
          if (event.phase === "grant" || event.phase === "renew") beats.set(event.lease, event);
          if (event.phase === "release" && !left.has(event.lease)) left.set(event.lease, event);
          return;
        }
        const route = about(event, ENTITY.route);
        if (route?.to !== "chosen") return;
        context.checked();
        const instance = field(route, "instance");
        const late = route.at - GRACE * amount(route, "ttl");
        const beat = beats.get(instance);
        if (beat === undefined || beat.at < late) {
          const since = beat === undefined ? "never" : `last at ${time(beat.at)}`;
          context.violated(
            instance,
            `A call was routed to ${instance} ${when(route)}, which was heard of ${since}.`,
            beat === undefined ? [route] : [beat, route],
          );
        }
        const leave = left.get(instance);
        if (leave === undefined || leave.at >= late) return;
        context.violated(
          instance,
          `A call was routed to ${instance} ${when(route)}, which had left ${when(leave)}.`,
          [leave, route],
        );
      },
    };
  },
};

/** By then instances that are up have been announced and checked often enough. */
const FOUND_AFTER: Micros = 8 * SECOND;

export const servicesFound: Property = {
  id: "registry-finds-services",
  kind: "eventually",
  sentence: "Once all is well, who looks for a service that somebody offers finds it.",
  subscribes: ["refusal", "state"],
  start(context) {
    const from = context.plan.healAt + FOUND_AFTER;
    return {
      on(event) {
        if (event.at < from) return;
        if (about(event, ENTITY.route)?.to === "chosen") context.checked();
        if (event.kind !== "refusal" || event.operation !== "route") return;
        context.violated(
          event.key,
          `${event.host} found nobody who offers ${event.key} ${when(event)} (${event.reason}), long after all was well.`,
          [event],
        );
      },
    };
  },
};

export const failingAvoided: Property = {
  id: "registry-failing-avoided",
  kind: "always",
  sentence:
    "A client passes over an instance that failed some times in a row of late, while there are others.",
  subscribes: LIFE,
  start(context) {
    interface Row {
      failures: number;
      last: StateEvent | undefined;
    }
    const lives = new Lives<Map<string, Row>>(() => new Map());
    const isFailing = (row: Row | undefined, route: StateEvent): boolean =>
      row?.last !== undefined &&
      row.failures >= amount(route, "ejectAfter") &&
      // Half of it, since the client's clock may be fast.
      route.at - row.last.at < amount(route, "ejectFor") / 2;
    /** Not passed over, however slow the client's clock is. */
    const isWell = (row: Row | undefined, route: StateEvent): boolean =>
      row?.last === undefined ||
      row.failures < amount(route, "ejectAfter") ||
      route.at - row.last.at > amount(route, "ejectFor") * 4;
    return {
      on(event) {
        const rows = lives.of(event);
        const route = about(event, ENTITY.route);
        if (route === undefined) return;
        const instance = field(route, "instance");
        if (route.to !== "chosen") {
          const row = ensure(rows, instance, (): Row => ({ failures: 0, last: undefined }));
          row.failures = route.to === "failure" ? row.failures + 1 : 0;
          row.last = route;
          return;
        }
        context.checked();
        const row = rows.get(instance);
        const others = texts(route.detail, "candidates").filter((other) => isWell(rows.get(other), route));
        if (!isFailing(row, route) || row?.last === undefined || others.length === 0) return;
        context.violated(
          `${route.host} ${instance}`,
          `${route.host} chose ${instance} ${when(route)}, which had failed ${row.failures} times in a row, last at ${time(row.last.at)}, though there was ${others[0]}.`,
          [row.last, route],
        );
      },
    };
  },
};

export const callsCounted: Property = {
  id: "registry-counts-calls",
  kind: "always",
  sentence:
    "A client takes an instance for no busier than it is: a call that is over counts no more, however it ended.",
  subscribes: LIFE,
  start(context) {
    const lives = new Lives<Map<string, Map<string, StateEvent>>>(() => new Map());
    return {
      on(event) {
        const all = lives.of(event);
        const route = about(event, ENTITY.route);
        if (route === undefined) return;
        const instance = field(route, "instance");
        const underWay = ensure(all, instance, () => new Map<string, StateEvent>());
        if (route.to !== "chosen") {
          underWay.delete(route.name);
          return;
        }
        context.checked();
        const taken = amount(route, "connections");
        if (taken > underWay.size) {
          context.violated(
            `${route.host} ${instance}`,
            `${route.host} took ${instance} for busy with ${count(taken, "call")} ${when(route)}, when ${underWay.size} were under way.`,
            [...underWay.values(), route],
          );
        }
        underWay.set(route.name, route);
      },
    };
  },
};

/** Rumours may be under way for some seconds, and a registry that stood still is late to give anybody up. */
const FORGOTTEN_WITHIN: Micros = 20 * SECOND;

export const deadForgotten: Property = {
  id: "registry-forgets-the-dead",
  kind: "eventually",
  sentence:
    "Once a registry has given an instance up that says nothing more, all of them do before long, and for good.",
  subscribes: ["lease"],
  start(context) {
    /** By instance: since it last said something, who was the first to give it up. */
    const given = new Map<string, EventOf<"lease">>();
    return {
      on(event) {
        if (event.kind !== "lease") return;
        if (event.phase === "grant" || event.phase === "renew") given.delete(event.lease);
        if (event.phase !== "expire") return;
        context.checked();
        const first = ensure(given, event.lease, () => event);
        if (event.at - first.at <= FORGOTTEN_WITHIN) return;
        context.violated(
          event.lease,
          `${first.host} gave up ${event.lease} ${when(first)}, and ${event.host} did not until ${time(event.at)}, though it had said nothing in between.`,
          [first, event],
        );
      },
    };
  },
};
