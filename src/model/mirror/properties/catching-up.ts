/**
 * Replicas catch up: R5 and R6.
 *
 * R5 is judged when the run is over: from the last of the heal, the newest row and the end of the host's own time
 * as primary, a replica has so many polls to get there. R6 holds each row against the time at which the replica
 * had it, as long as rows came no faster than one batch a poll interval; while reads still fail after the heal,
 * since packets of the storm are on their way, it waits. Both are judged for clusters that mirror a grain, not for
 * its primary. They read `pollInterval`, `batchLimit`, `readTimeout` and `deltaReplay` from the plan and have
 * nothing to compare without.
 */
import { type EventOf, type Micros, type Plan, SECOND } from "seedstorm";
import { count, ensure, type Property, time, when } from "seedstorm/check";
import { type MirrorState, mirrorState, placeOfGrain, type Row, type StateEvent } from "./state.js";
import { whereaboutsOfConsumer } from "./whereabouts.js";

interface Timing {
  readonly pollInterval: Micros;
  readonly batchLimit: number;
  readonly readTimeout: Micros;
  readonly folds: boolean;
}

function timingOf(plan: Plan): Timing | undefined {
  const { pollInterval, batchLimit, readTimeout, deltaReplay } = plan.knobs;
  if (typeof pollInterval !== "number" || typeof batchLimit !== "number" || typeof readTimeout !== "number") {
    return undefined;
  }
  return { pollInterval, batchLimit, readTimeout, folds: deltaReplay !== false };
}

/** Beyond intervals and time-outs: links have tails, and a host that was down has to read its disk. */
const SLACK: Micros = SECOND;

/** Who is primary of what, since when not any more. */
class Primaries {
  readonly #active = new Set<string>();
  readonly #until = new Map<string, Micros>();
  readonly #gone = new Set<string>();

  on(event: StateEvent): void {
    if (event.to === "primary") this.#active.add(event.name);
    else if (this.#active.delete(event.name)) this.#until.set(event.name, event.at);
  }

  #crashed(host: string, at: Micros): void {
    for (const name of [...this.#active]) {
      if (placeOfGrain(name).host !== host) continue;
      this.#active.delete(name);
      this.#until.set(name, at);
    }
  }

  /** A host went down, or for good. */
  left({ host, phase, at }: EventOf<"host">): void {
    if (phase === "gone") this.#gone.add(host);
    if (phase === "crash" || phase === "gone") this.#crashed(host, at);
  }

  isGone(host: string): boolean {
    return this.#gone.has(host);
  }

  isPrimary(name: string): boolean {
    return this.#active.has(name);
  }

  /** When a host stopped being the primary of a grain; 0 when it never was. */
  until(name: string): Micros {
    return this.#until.get(name) ?? 0;
  }
}

/** Clusters that are not gone for good, each with each grain that it mirrors, in names like `cart/ada@west`. */
function mirrors(plan: Plan, state: MirrorState, primaries: Primaries): string[] {
  const names: string[] = [];
  for (const { id, role } of plan.topology) {
    if (role !== "cluster" || primaries.isGone(id)) continue;
    for (const grain of state.logs.keys()) {
      const name = `${grain}@${id}`;
      if (!primaries.isPrimary(name)) names.push(name);
    }
  }
  return names;
}

export const replicaCatchesUp: Property = {
  id: "replica-catches-up",
  alias: "R5",
  kind: "eventually",
  sentence:
    "Once all is quiet a replica has the newest complete state (with delta replay: the newest state) within as many successful polls as its backlog has batches, and one more.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const state = context.view(mirrorState);
    const timing = timingOf(context.plan);
    const primaries = new Primaries();
    /** Successful polls of the quiet period that read something, by consumer. */
    const polls = new Map<string, StateEvent[]>();
    /** How long a replica needs when everything is well. */
    let last = -1;
    const patience = timing === undefined ? 0 : 3 * timing.pollInterval + timing.readTimeout + SLACK;

    function judge(name: string, folds: boolean, batchLimit: number, at: Micros): void {
      const { grain, host } = placeOfGrain(name);
      const log = state.log(grain);
      const due = folds ? knownNewest(log.newest, log.newestFullState) : log.newestFullState;
      const quietSince = Math.max(context.plan.healAt, log.newest?.event.at ?? 0, primaries.until(name));
      if (due === undefined || at - quietSince < patience) return;
      context.checked();
      const applied = state.appliedAt(host, grain);
      if (applied < due.sequence) {
        context.violated(
          name,
          `All was quiet since ${time(quietSince)}, but when the run was over the replica of ${grain} on ${host} was at sequence ${applied}, and the log has had a ${due.type} at ${due.sequence} since ${when(due.event)}: ${whereaboutsOfConsumer(context, last, name)}.`,
          [due.event],
        );
        return;
      }
      judgePolls(name, due, quietSince, batchLimit);
    }

    function judgePolls(name: string, due: Row, quietSince: Micros, batchLimit: number): void {
      const { grain } = placeOfGrain(name);
      const quiet = (polls.get(name) ?? []).filter((poll) => poll.at >= quietSince);
      const begin = quiet[0];
      if (begin === undefined) return;
      const before = begin.detail.before;
      const backlog = state.log(grain).rows.filter(({ sequence }) => sequence > Number(before)).length;
      const allowed = Math.ceil(backlog / batchLimit) + 1;
      const late = quiet[allowed - 1];
      if (late === undefined || Number(late.detail.after) >= due.sequence) return;
      context.violated(
        name,
        `The consumer ${name} had ${count(backlog, "row")} to read in ${count(allowed, "poll")} ${when(begin)}, and was at ${String(late.detail.after)} of ${due.sequence} after them.`,
        [due.event, begin, late],
      );
    }

    return {
      on(event) {
        last = event.id;
        if (event.kind === "host") {
          primaries.left(event);
        } else if (event.kind === "state") {
          if (event.entity === "grain") primaries.on(event);
          else if (event.entity === "poll" && event.to !== "failed" && event.at >= context.plan.healAt) {
            ensure(polls, event.name, () => []).push(event);
          }
        }
      },
      end(at) {
        if (timing === undefined) return;
        for (const name of mirrors(context.plan, state, primaries)) {
          judge(name, timing.folds, timing.batchLimit, at);
        }
      },
    };
  },
};

export const replicaLagIsBounded: Property = {
  id: "replica-lag-is-bounded",
  alias: "R6",
  kind: "eventually",
  sentence:
    "While rows come no faster than one batch a poll interval, a replica is at most so long behind, however large its backlog was when all was well again.",
  subscribes: ["durable", "state", "host"],
  start(context) {
    const { plan } = context;
    const state = context.view(mirrorState);
    const timing = timingOf(plan);
    const primaries = new Primaries();
    /** When a replica got to a sequence, in the quiet period. */
    const progress = new Map<string, { readonly sequence: number; readonly at: Micros }[]>();
    /**
     * When its consumer began, or when a read of it failed last: packets of the storm may still be on their
     * way.
     */
    const unwell = new Map<string, Micros>();
    let last = -1;

    function judge(name: string, at: Micros, { pollInterval, batchLimit, readTimeout, folds }: Timing): void {
      const { grain } = placeOfGrain(name);
      const bound = 2 * pollInterval + SLACK;
      const well = Math.max(plan.healAt + readTimeout, primaries.until(name), unwell.get(name) ?? 0) + SLACK;
      const { rows } = state.log(grain);
      const reached = progress.get(name) ?? [];
      let step = 0;
      for (let i = 0; i < rows.length; i++) {
        const row = rows[i];
        if (row === undefined || row.type === "other" || (row.type === "delta" && !folds)) continue;
        const due = Math.max(row.event.at, well) + bound;
        if (due >= at) return;
        const earlier = rows[i - batchLimit];
        if (earlier !== undefined && row.event.at > well && row.event.at - earlier.event.at < pollInterval)
          continue;
        if (row.state === undefined) continue;
        context.checked();
        while (step < reached.length && (reached[step]?.sequence ?? 0) < row.sequence) step++;
        const got = reached[step];
        if (got !== undefined && got.at <= due) continue;
        const after = got === undefined ? "never" : `only at ${time(got.at)}`;
        context.violated(
          name,
          `${name} should have had sequence ${row.sequence}, in the log since ${when(row.event)}, by ${time(due)}, and had it ${after}: ${whereaboutsOfConsumer(context, last, name)}.`,
          [row.event],
        );
        return;
      }
    }

    return {
      on(event) {
        last = event.id;
        if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of === "applied") {
              const { grain, host, sequence } = change;
              ensure(progress, `${grain}@${host}`, () => []).push({ sequence, at: event.at });
            } else if (change.of === "opened") {
              for (const [grain, sequence] of change.replicas) {
                ensure(progress, `${grain}@${change.host}`, () => []).push({ sequence, at: event.at });
              }
            }
          }
        } else if (event.kind === "host") {
          primaries.left(event);
        } else if (event.kind === "state") {
          if (event.entity === "grain") primaries.on(event);
          else if (event.entity === "consumer" && event.to === "running") unwell.set(event.name, event.at);
          else if (event.entity === "poll" && event.to === "failed") unwell.set(event.name, event.at);
        }
      },
      end(at) {
        if (timing === undefined) return;
        for (const name of mirrors(plan, state, primaries)) judge(name, at, timing);
      },
    };
  },
};

/** The newest row whose state can be known. */
function knownNewest(newest: Row | undefined, newestFullState: Row | undefined): Row | undefined {
  return newest?.state === undefined ? newestFullState : newest;
}
