/**
 * What replicas show: R1 to R4.
 *
 * Not verified: what a store lost to damage of its medium that nothing on it betrays; a store whose medium
 * was damaged begins a new life at its next boot. Where a row's state can't be known (a change that follows
 * nothing) R2 has nothing to compare with.
 */
import { type HistoryEvent, selects } from "seedstorm";
import { ensure, type Property, when, where, whole } from "seedstorm/check";
import { type DurableEvent, mirrorState, placeOfGrain, sameState } from "./state.js";

/** Faults after which a store may rightly have lost something that was durable. */
const DAMAGING = new Set(["bit-rot", "misdirected-write", "latent-sector-error", "disk-wipe"]);

export const replicaNeverGoesBack: Property = {
  id: "replica-never-goes-back",
  alias: "R1",
  kind: "always",
  sentence: "The applied sequence of a grain never decreases over the life of a replica store.",
  subscribes: ["durable", "fault"],
  start(context) {
    const state = context.view(mirrorState);
    /** By host and grain. */
    const applied = new Map<
      string,
      Map<string, { readonly sequence: number; readonly event: DurableEvent }>
    >();
    const damaged = new Set<string>();

    function compare(host: string, grain: string, sequence: number, event: DurableEvent): void {
      const before = applied.get(host)?.get(grain);
      if (before === undefined) return;
      context.checked();
      if (sequence >= before.sequence) return;
      context.violated(
        `${grain}@${host}`,
        `The replica of ${grain} on ${host} went back from sequence ${before.sequence} (${when(before.event)}) to ${sequence} ${when(event)}.`,
        [before.event, event],
      );
    }

    function remember(host: string, grain: string, sequence: number, event: DurableEvent): void {
      ensure(applied, host, () => new Map()).set(grain, { sequence, event });
    }

    return {
      on(event) {
        if (event.kind === "fault") {
          // One that waits for an occasion does its damage when it has fired, which may be long after it began.
          if (event.phase !== "fired" || !DAMAGING.has(event.faultKind)) return;
          for (const { id, domain } of context.plan.topology) {
            if (selects(event.target, { id, domain, external: false })) damaged.add(id);
          }
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of === "applied") {
              compare(change.host, change.grain, change.sequence, event);
              remember(change.host, change.grain, change.sequence, event);
            } else if (change.of === "opened") {
              const newLife = damaged.delete(change.host) || !change.kept;
              if (!newLife) {
                for (const grain of applied.get(change.host)?.keys() ?? []) {
                  compare(change.host, grain, change.replicas.get(grain) ?? 0, event);
                }
              }
              applied.delete(change.host);
              for (const [grain, sequence] of change.replicas) remember(change.host, grain, sequence, event);
            }
          }
        }
      },
    };
  },
};

export const replicaEqualsLog: Property = {
  id: "replica-equals-log",
  alias: "R2",
  kind: "always",
  sentence: "What a replica shows at a sequence is the state that the log leads to there.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(mirrorState);
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "applied") continue;
          const { host, grain, sequence } = change;
          const row = state.log(grain).bySequence.get(sequence);
          context.checked();
          if (row === undefined || row.type === "other") {
            context.violated(
              `${grain}@${host}`,
              `${host} applied ${grain} at sequence ${sequence} ${when(event)}, at which the log has ${row === undefined ? "no row" : "nothing that can be decoded"}.`,
              [event],
            );
          } else if (row.state !== undefined && !sameState(row.state, change.fields)) {
            context.violated(
              `${grain}@${host}`,
              `${host} applied ${JSON.stringify(change.fields)} as ${grain} at sequence ${sequence} ${when(event)}, but the log leads to ${JSON.stringify(row.state)} there.`,
              [row.event, event],
            );
          }
        }
      },
    };
  },
};

export const noDeltaAsSnapshot: Property = {
  id: "no-delta-as-snapshot",
  alias: "R3",
  kind: "always",
  sentence: "No delta is applied as if it were a snapshot.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(mirrorState);
    const folds = context.plan.knobs.deltaReplay !== false;
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "applied") continue;
          const { host, grain, sequence } = change;
          const row = state.log(grain).bySequence.get(sequence);
          if (row === undefined) continue;
          context.checked();
          if (row.type !== "delta") continue;
          const asSnapshot = sameState(change.fields, row.carries) && !sameState(change.fields, row.state);
          if (folds && !asSnapshot) continue;
          context.violated(
            `${grain}@${host}`,
            `${host} applied the delta ${JSON.stringify(row.carries)} of ${grain} at sequence ${sequence} ${when(event)} ${folds ? "as if it were the whole state" : "though it does not replay deltas"}.`,
            [row.event, event],
          );
        }
      },
    };
  },
};

export const replicaHasWhatItsCursorPassed: Property = {
  id: "replica-has-what-its-cursor-passed",
  alias: "R4",
  kind: "always",
  sentence: "A replica has every complete state that its consumer's cursor has passed, or a newer one.",
  subscribes: ["durable", "state"],
  start(context) {
    const state = context.view(mirrorState);

    function judge(event: HistoryEvent, host: string, grain: string, cursor: number): void {
      const { rows } = state.log(grain);
      const applied = state.appliedAt(host, grain);
      context.checked();
      for (let i = rows.length - 1; i >= 0; i--) {
        const row = rows[i];
        if (row === undefined || row.sequence <= applied) return;
        if (row.type !== "full-state" || row.sequence > cursor) continue;
        context.violated(
          `${grain}@${host}`,
          `The consumer of ${grain} moved its cursor to ${cursor} ${where(event)}, past the complete state at sequence ${row.sequence} (in the log since ${when(row.event)}), but its replica is at ${applied}.`,
          [row.event, event],
        );
        return;
      }
    }

    return {
      on(event) {
        if (event.kind !== "state" || event.entity !== "poll") return;
        const cursor = whole(event.detail, "after");
        const { grain, host } = placeOfGrain(event.name);
        if (cursor !== undefined) judge(event, host, grain, cursor);
      },
    };
  },
};
