/**
 * Every crash of one whole workflow: at each durable write and each call of every host, just before it and just after it, and at
 * each moment between two steps, publishes among them. Nothing is drawn, and nothing is left out but what is asked for.
 *
 * The workflow: an order comes as an event, moves its saga, leaves the outbox as a command of an effect, is charged outside, comes back as a
 * result, is reserved, shipped and completed; the timers after it fire.
 */
import { runnerMoments } from "../../../src/model/runner/moments.js";
import { runnerSystem } from "../../../src/scenarios/runner/system.js";
import { RUNNER_TOPOLOGY } from "../../../src/scenarios/runner/topology.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { HistoryEvent } from "../../../src/sim/history.js";
import type { Operation, Plan } from "../../../src/sim/plan.js";
import { type Micros, SECOND } from "../../../src/sim/time.js";
import { runOn } from "../../../src/storm/run.js";

const HEAL_AT: Micros = 12 * SECOND;
const DURATION: Micros = 40 * SECOND;
const DOWN_FOR: Micros = 2 * SECOND;

const submit = (
  id: string,
  at: Micros,
  aggregate: string,
  name: string,
  command: string,
  payload: object,
): Operation => ({
  id,
  at,
  host: "client-1",
  action: "submit",
  body: { tenant: "acme", aggregate, id: name, command, payload, traced: true } as Operation["body"],
});

/** Two nodes, so that what one had in hand when it crashed is the other's meanwhile. */
export function workflow(knobs: Plan["knobs"] = {}, defects: readonly string[] = []): Plan {
  return {
    format: 2,
    scenario: "runner-crashes",
    seed: 1,
    topology: RUNNER_TOPOLOGY.filter(({ id }) => id !== "runner-3" && id !== "producer" && id !== "client-2"),
    knobs,
    workload: [
      submit("stock-1", 1_200_000, "stock", "item-1", "stock", { quantity: 9 }),
      submit("place-1", 2_000_000, "order", "o-1", "place", { item: "item-1", quantity: 2, cents: 500 }),
    ],
    faults: [],
    defects: [...defects],
    healAt: HEAL_AT,
    duration: DURATION,
  };
}

export interface Point {
  readonly name: string;
  readonly host: string;
  readonly fault: Fault;
}

/** The places at which the healthy workflow can be broken off, in the order in which it passes them. */
export async function pointsOf(plan: Plan): Promise<readonly Point[]> {
  const points: Point[] = [];
  const begun = plan.workload[0]?.at ?? 0;
  const watches = runnerMoments.map((moment) => ({ id: moment.id, watch: moment.watch(), seen: 0 }));
  const past: HistoryEvent[] = [];
  await runOn(runnerSystem, plan, {
    prepare: (world) => {
      const passed = new Map(
        world.machines.filter(({ external }) => !external).map((machine) => [machine, 0]),
      );
      let last = 0;
      world.scheduler.watcher = (at) => {
        for (const [machine, before] of passed) {
          const { id: host, crashPoints } = machine;
          passed.set(machine, crashPoints);
          for (let point = before + 1; point <= crashPoints; point++) {
            if (last < begun || last + DOWN_FOR >= HEAL_AT) continue;
            for (const side of ["before", "after"] as const) {
              const span = { at: 0, for: last + DOWN_FOR };
              const fault: Fault = { kind: "crash-point", id: "crash", ...span, target: host, point, side };
              points.push({ name: `${host}, ${side} crash point ${point}`, host, fault });
            }
          }
        }
        last = at;
      };
      world.history.on((event) => {
        past.push(event);
        for (const moment of watches) {
          const host = moment.watch(event, past);
          if (host === undefined) continue;
          moment.seen++;
          if (event.at < begun || event.at + DOWN_FOR >= HEAL_AT) continue;
          const trigger = { moment: moment.id, nth: moment.seen, after: 0 };
          const fault: Fault = { kind: "crash", id: "crash", at: 0, for: DOWN_FOR, target: host, trigger };
          points.push({ name: `${host}, at the ${moment.seen}th ${moment.id}`, host, fault });
        }
      });
    },
  });
  return points;
}

interface Ending {
  readonly flaws: readonly string[];
  readonly status: string;
}

/** What came of the workflow with a crash at one point, in sentences that begin with the point. */
export async function crashedAt(plan: Plan, { name, fault }: Point): Promise<Ending> {
  const { violations, history, faults } = await runOn(runnerSystem, { ...plan, faults: [fault] });
  const flaws = violations.map(({ property, message }) => `${name}: ${property}: ${message}`);
  if (faults[fault.kind]?.fired !== 1) flaws.push(`${name}: nothing crashed`);
  const { status, charges, shipments } = endOf(history);
  const expected = status === "completed" ? 1 : 0;
  if (status !== "completed" && status !== "rejected") flaws.push(`${name}: the order is ${status}`);
  if (charges !== expected || shipments !== expected)
    flaws.push(`${name}: ${status}, with ${charges} charges and ${shipments} shipments`);
  return { flaws, status };
}

/** What the gateway has of the order, and what the providers' own ledgers have. */
export function endOf(history: readonly HistoryEvent[]) {
  let status = "unknown";
  const standing = { charge: 0, ship: 0 };
  for (const event of history) {
    if (event.kind === "durable") {
      for (const { key, value } of event.writes)
        if (key === "aggregate:acme:order:o-1")
          status = String((value as { readonly status?: string }).status);
    }
    if (event.kind !== "external" || event.phase !== "applied") continue;
    if (event.operation === "charge") standing.charge++;
    if (event.operation === "refund") standing.charge--;
    if (event.operation === "ship") standing.ship++;
    if (event.operation === "unship") standing.ship--;
  }
  return { status, charges: standing.charge, shipments: standing.ship };
}
