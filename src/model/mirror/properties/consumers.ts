/**
 * What consumers do with their cursors, how often they ask, and what they do after their end: R7, R8 and their pace.
 *
 * Both are read from what consumers say of themselves and from what replica stores made durable. Not
 * verified: reads that failed without the consumer's saying so.
 */
import { type EventOf, type Micros, SECOND } from "seedstorm";
import { ensure, type Property, text, when, where, whole } from "seedstorm/check";
import { mirrorState, placeOfGrain, type StateEvent } from "./state.js";

export const failedReadKeepsCursor: Property = {
  id: "failed-read-keeps-cursor",
  alias: "R7",
  kind: "always",
  sentence: "A failed read never moves a consumer's cursor.",
  subscribes: ["state"],
  start(context) {
    /** Where each consumer's cursor stands. */
    const cursors = new Map<string, { readonly cursor: number; readonly event: StateEvent }>();
    return {
      on(event) {
        if (event.kind !== "state") return;
        if (event.entity === "consumer") {
          if (event.to === "running") cursors.delete(event.name);
          return;
        }
        if (event.entity !== "poll") return;
        const before = whole(event.detail, "before");
        const after = whole(event.detail, "after");
        if (before === undefined || after === undefined) return;
        const last = cursors.get(event.name);
        cursors.set(event.name, { cursor: after, event });
        context.checked();
        if (event.to === "failed" && before !== after) {
          context.violated(
            event.name,
            `A read of ${event.name} failed ${when(event)}, and its cursor moved from ${before} to ${after}.`,
            [event],
          );
        } else if (last !== undefined && last.cursor !== before) {
          context.violated(
            event.name,
            `The cursor of ${event.name} stood at ${last.cursor} ${when(last.event)} and at ${before} before the poll that ended ${when(event)}, with no read in between.`,
            [last.event, event],
          );
        }
      },
    };
  },
};

/** Reads beyond one for each interval: the first one, the one under way, and a clock that goes too fast. */
const SLACK_READS = 4;
const FASTEST = 2;

export const pollsArePaced: Property = {
  id: "polls-are-paced",
  kind: "always",
  sentence:
    "A consumer asks the log once in each poll interval, and at once again only when a read was full.",
  subscribes: ["state"],
  start(context) {
    const { pollInterval } = context.plan.knobs;
    const begun = new Map<string, StateEvent>();
    return {
      on(event) {
        if (event.kind !== "state" || typeof pollInterval !== "number") return;
        if (event.entity === "consumer" && event.to === "running") begun.set(event.name, event);
        const first = begun.get(event.name);
        const asked = whole(event.detail, "asked");
        if (first === undefined || asked === undefined) return;
        const full = whole(event.detail, "full") ?? 0;
        context.checked();
        const intervals = Math.ceil((event.at - first.at) / pollInterval);
        if (asked <= full + FASTEST * intervals + SLACK_READS) return;
        context.violated(
          event.name,
          `${event.name} had asked the log ${asked} times ${when(event)}, ${full} times with more to come, and it has been running for ${intervals} intervals since ${when(first)}.`,
          [first, event],
        );
      },
    };
  },
};

export const nothingAppliedAfterShutdown: Property = {
  id: "nothing-applied-after-shutdown",
  alias: "R8",
  kind: "always",
  sentence: "Nothing is applied to a replica after its consumer has seen the shutdown.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const state = context.view(mirrorState);
    /** Consumers that have stopped and were not started again. */
    const stopped = new Map<string, StateEvent>();
    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase !== "crash") return;
          for (const name of [...stopped.keys()]) {
            if (placeOfGrain(name).host === event.host) stopped.delete(name);
          }
        } else if (event.kind === "state") {
          if (event.entity !== "consumer") return;
          if (event.to === "stopped") stopped.set(event.name, event);
          else stopped.delete(event.name);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "applied") continue;
            const name = `${change.grain}@${change.host}`;
            const end = stopped.get(name);
            context.checked();
            if (end === undefined) continue;
            context.violated(
              name,
              `The consumer ${name} saw its shutdown ${when(end)}, and sequence ${change.sequence} was applied ${where(event)}.`,
              [end, event],
            );
          }
        }
      },
    };
  },
};

/** A signal on its way, and a read that is under way. */
const STOPS_WITHIN: Micros = SECOND;

/** What an operator asked for. */
interface Suspension {
  readonly cluster: string;
  readonly event: EventOf<"operator">;
  readonly until: Micros;
  /** Nobody else told the same cluster anything meanwhile. */
  isAlone: boolean;
}

export const suspendedMeansStopped: Property = {
  id: "suspended-means-stopped",
  kind: "eventually",
  sentence:
    "When an operator takes a cluster's mirroring down and nothing is wrong, its consumers stop soon, and none runs until the time is over.",
  subscribes: ["operator", "state"],
  start(context) {
    const { plan } = context;
    const wellFrom = plan.faults.length === 0 && plan.knobs.buggify !== true ? 0 : plan.healAt;
    const suspensions: Suspension[] = [];
    /** By consumer: when it began, and when it stopped. */
    const lives = new Map<string, StateEvent[]>();

    function told(event: EventOf<"operator">): void {
      const { operation } = event;
      if (operation !== "suspend" && operation !== "signal") return;
      const cluster = text(event.detail, "cluster");
      const until = event.at + (operation === "suspend" ? (whole(event.detail, "for") ?? 0) : 0);
      let isAlone = operation === "suspend" && event.at >= wellFrom;
      for (const other of suspensions) {
        if (other.cluster !== cluster || other.until + STOPS_WITHIN < event.at) continue;
        other.isAlone = false;
        isAlone = false;
      }
      suspensions.push({ cluster, event, until, isAlone });
    }

    function judge({ cluster, event, until }: Suspension): void {
      const by = event.at + STOPS_WITHIN;
      for (const [name, changes] of lives) {
        if (placeOfGrain(name).host !== cluster) continue;
        context.checked();
        const stopped = changes.findLast((change) => change.at <= by);
        const ran =
          stopped?.to === "running" ? stopped : changes.find(({ at, to }) => to === "running" && at > by);
        if (ran === undefined || ran.at >= until) continue;
        context.violated(
          name,
          `The operator took the mirroring of ${cluster} down ${when(event)}, and the consumer ${name}, which began ${when(ran)}, ran while it should have been down.`,
          [event, ran],
        );
      }
    }

    return {
      on(event) {
        if (event.kind === "operator") told(event);
        else if (event.kind === "state" && event.entity === "consumer")
          ensure(lives, event.name, () => []).push(event);
      },
      end() {
        for (const suspension of suspensions)
          if (suspension.isAlone && suspension.until > suspension.event.at + STOPS_WITHIN) judge(suspension);
      },
    };
  },
};
