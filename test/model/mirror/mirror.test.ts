import { describe, expect, it } from "vitest";
import { mirrorScenarios } from "../../../src/scenarios/mirror/index.js";
import { mirrorSystem } from "../../../src/scenarios/mirror/system.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { EventOf, HistoryEvent } from "../../../src/sim/history.js";
import type { Operation, Plan } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import { runOn } from "../../../src/storm/run.js";
import type { Outcome } from "../../../src/storm/scenario.js";

const GRAIN = "cart/ada";

const write = (second: number, value: string): Operation => ({
  id: value,
  at: second * SECOND,
  host: "app-1",
  action: "write",
  body: { grain: GRAIN, field: "items", value },
});
const operator = (second: number, action: string, body: Operation["body"]): Operation => ({
  id: `${action}-${second}`,
  at: second * SECOND,
  host: "operator",
  action,
  body,
});

/** A minute of the whole mirror with exactly this workload and these faults. */
async function minute(
  workload: readonly Operation[],
  faults: readonly Fault[] = [],
  defects: readonly string[] = [],
) {
  const [calm] = mirrorScenarios;
  if (calm === undefined) throw new RangeError("no scenario");
  const plan: Plan = { ...calm.plan(1, { defects }), workload, faults };
  const outcome = await runOn(mirrorSystem, plan);
  return { outcome, held: outcome.violations.map(({ property }) => property) };
}

function states(outcome: Outcome, entity: string, name: string): string[] {
  const is = (event: HistoryEvent): event is EventOf<"state"> =>
    event.kind === "state" && event.entity === entity && event.name === name;
  return outcome.history.filter(is).map(({ to }) => to);
}

/** Phases in which the writes ended, by their values. */
function ends(outcome: Outcome): Record<string, string> {
  const result: Record<string, string> = {};
  for (const event of outcome.history) {
    if (event.kind === "client" && event.phase !== "call") result[event.requestId] = event.phase;
  }
  return result;
}

function primaries(outcome: Outcome): string[] {
  return outcome.history.flatMap((event) =>
    event.kind === "state" &&
    event.entity === "grain" &&
    event.to === "primary" &&
    event.name.startsWith(GRAIN)
      ? [`${event.host} ${String(event.detail.epoch)}`]
      : [],
  );
}

/** Field values of a grain in a cluster's replica, as last applied. */
function replica(outcome: Outcome, host: string): unknown {
  let value: unknown;
  for (const event of outcome.history) {
    if (event.kind !== "durable" || event.store !== `replica@${host}`) continue;
    for (const each of event.writes) if (each.key === GRAIN) value = each.value;
  }
  return value;
}

const crashHome: Fault = { id: "f", kind: "crash", at: 10 * SECOND, for: 15 * SECOND, target: "east" };
const cut = (a: readonly string[], b: readonly string[]): Fault => ({
  id: `cut ${a.join()}`,
  kind: "partition",
  at: 10 * SECOND,
  for: 10 * SECOND,
  a,
  b,
  oneWay: false,
});

describe("the whole mirror", () => {
  it("brings a write to every replica", async () => {
    const { outcome, held } = await minute([write(5, "w1"), write(6, "w2")]);
    expect(held).toEqual([]);
    expect(ends(outcome)).toEqual({ w1: "ok", w2: "ok" });
    for (const host of ["west", "europe"]) {
      expect(replica(outcome, host)).toEqual({ sequence: 3, fields: { items: "w2" } });
    }
  });

  it("promotes a secondary when the primary is lost for longer than the grace, and loses nothing", async () => {
    const { outcome, held } = await minute([write(5, "w1"), write(18, "w2"), write(22, "w3")], [crashHome]);
    expect(held).toEqual([]);
    // The application asks whom it asked before, and learns from the silence that it has to look again.
    expect(ends(outcome)).toEqual({ w1: "ok", w2: "info", w3: "ok" });
    const [first, second, ...more] = primaries(outcome);
    expect(first).toBe("east 1");
    expect(second).toMatch(/^(west|europe) 2$/);
    expect(more).toEqual([]);
    const promoted = String(second).split(" ")[0];
    expect(states(outcome, "failover", `east@${promoted}`).slice(0, 3)).toEqual([
      "primary-unreachable",
      "promoting",
      "promoted",
    ]);
    expect(replica(outcome, "east")).toMatchObject({ fields: { items: "w3" } });
  });

  it("does nothing about a primary that is back within the grace, but gives it a new epoch", async () => {
    const { outcome } = await minute([write(5, "w1"), write(18, "w2")], [{ ...crashHome, for: 2 * SECOND }]);
    expect(primaries(outcome)).toEqual(["east 1", "east 2"]);
    expect(ends(outcome)).toEqual({ w1: "ok", w2: "ok" });
  });

  it("fences an old primary that the others only can't reach", async () => {
    const writes = Array.from({ length: 60 }, (_, i) => write(10 + i / 6, `w${i}`));
    const { outcome, held } = await minute(writes, [cut(["east"], ["west", "europe", "directory"])]);
    expect(held).toEqual([]);
    expect(outcome.goals["mirror: old primary fenced"]).toBeGreaterThan(0);
    expect(states(outcome, "grain", `${GRAIN}@east`)).toEqual(["primary", "replica"]);
  });

  it("lets two primaries interleave when the log looks at no epoch", async () => {
    const writes = Array.from({ length: 60 }, (_, i) => write(10 + i / 6, `w${i}`));
    const { held } = await minute(writes, [cut(["east"], ["west", "europe", "directory"])], ["RW6"]);
    expect(held).toContain("log-epochs-are-exclusive");
  });

  it("promotes nobody who can't reach the log", async () => {
    const faults = [cut(["east"], ["west", "europe"]), cut(["log"], ["west", "europe"])];
    const { outcome } = await minute([write(5, "w1"), write(30, "w2")], faults);
    expect(primaries(outcome)).toEqual(["east 1"]);
    expect(ends(outcome)).toEqual({ w1: "ok", w2: "ok" });
  });

  it("registers a retired grain again under a higher epoch, with the state that it had", async () => {
    const { outcome, held } = await minute([
      write(5, "w1"),
      operator(8, "retire", { grain: GRAIN }),
      write(12, "w2"),
    ]);
    expect(held).toEqual([]);
    expect(primaries(outcome)).toEqual(["east 1", "east 2"]);
    expect(ends(outcome)).toEqual({ w1: "ok", w2: "ok" });
  });

  it("resumes mirroring that an operator has taken down", async () => {
    const { outcome, held } = await minute([
      operator(4, "suspend", { cluster: "west", for: 10 * SECOND }),
      write(8, "w1"),
    ]);
    expect(held).toEqual([]);
    expect(states(outcome, "consumer", `${GRAIN}@west`)).toEqual(["running", "stopped", "running"]);
    expect(replica(outcome, "west")).toMatchObject({ fields: { items: "w1" } });
  });

  it("serves a replica that is fresh and refuses one that has lost sight of the log", async () => {
    const read = (second: number, id: string): Operation => ({
      id,
      at: second * SECOND,
      host: "app-2",
      action: "read",
      body: { grain: GRAIN, cluster: "west" },
    });
    const workload = [write(8, "w1"), read(9, "r1"), write(12, "w2"), read(13, "r2")];
    const { outcome } = await minute(workload, [cut(["west"], ["log"])]);
    expect(ends(outcome)).toMatchObject({ r1: "ok", r2: "fail" });
  });

  it("goes on after a row that an operator has put in the producer's way", async () => {
    const { outcome, held } = await minute([
      write(5, "w1"),
      operator(8, "insert-row", { grain: GRAIN }),
      write(12, "w2"),
    ]);
    expect(held).toEqual([]);
    expect(outcome.goals["mirror: producer took a later sequence"]).toBe(1);
    expect(replica(outcome, "west")).toEqual({ sequence: 4, fields: { items: "w2" } });
  });

  it("says which part has no host", async () => {
    const [calm] = mirrorScenarios;
    const plan = calm?.plan(1);
    if (plan === undefined) throw new RangeError("no scenario");
    const topology = plan.topology.filter(({ role }) => role !== "log");
    await expect(runOn(mirrorSystem, { ...plan, topology })).rejects.toThrow(
      'topology: the mirror needs a host with the role "log"',
    );
  });
});
