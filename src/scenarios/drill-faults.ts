/**
 * What a seed draws of a drill's faults: of the engine's servers, of their links, and of the system's own processes, about half of
 * those of servers aimed at leaders.
 *
 * At most one server at a time is in the hands of a fault, but for the one kind that kills all of them at once: a group of three
 * survives one.
 */
import * as fc from "fast-check";
import { MILLISECOND, type Micros, type Plan, SECOND } from "seedstorm";
import type { DrawnDrill, DrillFault } from "seedstorm/live";

/** Whom faults may strike. */
export interface DrillGround {
  readonly servers: readonly string[];
  /** Logs whose streams' leaders are worth aiming at. */
  readonly aimed: readonly string[];
  /** Processes of the system. */
  readonly hosts: readonly string[];
}

/** Faults keep away from the ends of the drill. */
const FIRST_FAULT: Micros = 2 * SECOND;
const LAST_FAULT: Micros = 2 * SECOND;
/** For each ten seconds of a drill. */
const FAULTS_IN_TEN_SECONDS = 1.6;
const FEWEST_FAULTS = 5;

const seconds = (time: Micros): number => Math.floor(time / SECOND);

/** What can be done to one server, or to its links. */
type Trouble = (id: string, at: Micros, length: Micros, target: string) => DrillFault;

const others = ["servers"];
const TROUBLES: readonly Trouble[] = [
  (id, at, length, target) => ({ id, kind: "crash", at, for: length, target }),
  (id, at, length, target) => ({ id, kind: "pause", at, for: length, target }),
  (id, at, length, target) => ({
    id,
    kind: "partition",
    at,
    for: length,
    a: [target],
    b: others,
    oneWay: false,
  }),
  (id, at, length, target) => ({
    id,
    kind: "partition",
    at,
    for: length,
    a: [target],
    b: others,
    oneWay: true,
  }),
  (id, at, length, target) => ({ id, kind: "cut", at, for: length, target }),
  (id, at, length, from) => ({ id, kind: "clog", at, for: length, from, to: "servers" }),
  (id, at, length, from) => ({ id, kind: "slow-link", at, for: length, from, to: "servers", factor: 150 }),
];

/** Faults one after the other for the servers, and beside them some of the system's processes. */
export function faultsWithin(
  length: Micros,
  { servers, aimed, hosts }: DrillGround,
): fc.Arbitrary<DrillFault[]> {
  const count = Math.max(FEWEST_FAULTS, Math.floor((seconds(length) / 10) * FAULTS_IN_TEN_SECONDS));
  const slot = Math.floor((length - FIRST_FAULT - LAST_FAULT) / count);
  const targets = [...servers, ...aimed.map((log) => `leader/${log}`), "leader/meta"];
  const ofServers = fc
    .record({
      // Each kind in turn from a drawn one on, so that no drill has one kind alone.
      first: fc.nat({ max: TROUBLES.length - 1 }),
      slots: fc.array(
        fc.record({
          early: fc.integer({ min: 0, max: 30 }),
          share: fc.integer({ min: 30, max: 65 }),
          target: fc.constantFrom(...targets),
          all: fc.nat({ max: 9 }),
        }),
        { minLength: count, maxLength: count },
      ),
    })
    .map(({ first, slots }) =>
      slots.map(({ early, share, target, all }, i): DrillFault => {
        const at = FIRST_FAULT + i * slot + Math.floor((slot * early) / 100);
        const lasts = Math.floor((slot * share) / 100);
        const id = `f${i + 1}`;
        if (all === 0) return { id, kind: "crash", at, for: Math.min(lasts, SECOND), target: "servers" };
        const trouble = TROUBLES[(first + i * 3) % TROUBLES.length] ?? TROUBLES[0];
        if (trouble === undefined) throw new RangeError("there is no trouble"); // there are seven
        return trouble(id, at, lasts, target);
      }),
    );
  const ofHosts = fc
    .array(
      fc.record({
        at: fc.integer({ min: FIRST_FAULT, max: length - LAST_FAULT - 5 * SECOND }),
        for: fc.integer({ min: 200, max: 4_000 }).map((ms) => ms * MILLISECOND),
        target: fc.constantFrom(...hosts),
        kind: fc.constantFrom("crash" as const, "crash" as const, "pause" as const),
      }),
      { minLength: 1, maxLength: Math.ceil(count / 2) },
    )
    .map((drawn) => drawn.map((fault, i): DrillFault => ({ id: `h${i + 1}`, ...fault })));
  return fc
    .tuple(ofServers, ofHosts)
    .map(([ofAll, ofSome]) => [...ofAll, ...ofSome].sort((a, b) => a.at - b.at));
}

/** What a seed draws: always the same. */
export function draw<T>(arbitrary: fc.Arbitrary<T>, seed: number): T {
  const [drawn] = fc.sample(arbitrary, { seed: seed | 0, numRuns: 1 });
  if (drawn === undefined) throw new RangeError("nothing was drawn"); // one run draws one
  return drawn;
}

/** What was drawn, as a drill wants it: it heals after `length`, and is quiet for a while before it ends. */
export function drawnDrill(
  drawn: Pick<Plan, "scenario" | "seed" | "topology" | "knobs" | "workload" | "defects">,
  faults: readonly DrillFault[],
  length: Micros,
  quiet: Micros,
): DrawnDrill {
  return {
    plan: { format: 2, ...drawn, faults: [], healAt: length, duration: length + quiet },
    faults,
  };
}
