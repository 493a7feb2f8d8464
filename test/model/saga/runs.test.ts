import { describe, expect, it } from "vitest";
import { GOALS } from "../../../src/model/saga/goals.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";
import {
  applied,
  cancel,
  edges,
  engine,
  inventory,
  operation,
  start,
  startKind,
  type Told,
} from "./engine.js";

const ECHO = "Steps.Echo";
const provision = (at: number, inputs = {}) =>
  startKind(at, "s1", "provision", "dep-1", { size: "L", ...inputs });
const reached = ({ of }: Told): string[] => of("goal").map(({ goal }) => goal);
const statuses = ({ rows }: Told, sagaId: string): unknown[] =>
  Object.entries(rows).flatMap(([key, row]) => (key.startsWith(`step/${sagaId}/`) ? [row.status] : []));

describe("a provisioning", () => {
  it("makes what is desired, and says so in one version of each", async () => {
    const told = await engine({ operations: [provision(SECOND)] });
    expect(applied(told)).toEqual(["create s1:1", "create s1:2", "create s1:3"]);
    expect(told.rows["provisioned/dep-1/server"]).toEqual({
      deploymentId: "dep-1",
      resourceKind: "server",
      spec: { size: "l", protect: false, power: "on" },
      specVersion: 1,
      sagaId: "s1",
      resource: "server-2",
    });
    expect(inventory(told)).toEqual({
      actual: ["address-3", "network-1", "server-2"],
      desired: ["address-3", "network-1", "server-2"],
    });
  });

  it("keeps the inputs as they came, whatever a step makes of them", async () => {
    const context = async (defects: string[]) =>
      (await engine({ defects, operations: [provision(SECOND)] })).rows["run/s1"]?.context;
    expect(await context([])).toMatchObject({ __inputs__: { size: "L" } });
    expect(await context(["AW13"])).toMatchObject({ __inputs__: { size: "l" } });
  });

  it("takes everything back when its last step fails, and leaves nothing desired", async () => {
    const told = await engine({ operations: [provision(SECOND, { address: "unobtainable" })] });
    expect(edges(told, "s1")).toEqual(["pending", "running", "compensating", "rolled_back"]);
    expect(told.rows["run/s1"]?.error).toEqual({
      compensate_from_idx: 2,
      reason: "step_failed:create-address",
    });
    expect(applied(told)).toEqual(["create s1:1", "create s1:2", "revert s1:2:undo", "revert s1:1:undo"]);
    expect(statuses(told, "s1")).toEqual(["completed", "compensated", "compensated", "failed"]);
    expect(inventory(told)).toEqual({ actual: [], desired: [] });
    expect(told.rows["deployment/dep-1"]).toBeUndefined();
  });

  it("has its deployment to itself until it has ended", async () => {
    const second = startKind(1_100 * MILLISECOND, "s2", "update", "dep-1");
    const third = startKind(8 * SECOND, "s3", "update", "dep-1", { size: "xl" });
    const told = await engine({ operations: [provision(SECOND), second, third] });
    expect(told.answer(second.id)).toMatchObject({ phase: "fail", value: { reason: "deployment-busy" } });
    expect(told.rows["run/s2"]).toBeUndefined();
    expect(told.rows["provisioned/dep-1/server"]).toMatchObject({
      spec: { size: "xl" },
      specVersion: 2,
      sagaId: "s3",
    });
  });

  it("is the same run when its start is asked for again", async () => {
    const told = await engine({ operations: [provision(SECOND), { ...provision(2 * SECOND), id: "again" }] });
    expect(told.answer("again")?.phase).toBe("ok");
    expect(applied(told)).toHaveLength(3);
  });
});

describe("later runs on a deployment", () => {
  it("resize, suspend and take it down, each by what is desired", async () => {
    const told = await engine({
      duration: 30 * SECOND,
      operations: [
        provision(SECOND),
        startKind(6 * SECOND, "s2", "update", "dep-1", { size: "XL" }),
        startKind(11 * SECOND, "s3", "suspend", "dep-1"),
        startKind(16 * SECOND, "s4", "offboard", "dep-1"),
      ],
    });
    expect(applied(told).slice(3)).toEqual([
      "resize s2:1",
      "suspend s3:0",
      "suspend s4:0",
      "delete s4:1",
      "delete s4:2",
      "delete s4:3",
    ]);
    expect(inventory(told)).toEqual({ actual: [], desired: [] });
  });

  it("fail and are rolled back when there is nothing to change", async () => {
    const told = await engine({ operations: [startKind(SECOND, "s1", "update", "dep-1")] });
    expect(edges(told, "s1").at(-1)).toBe("rolled_back");
    expect(applied(told)).toEqual([]);
  });

  it("put back what was desired when they are taken back", async () => {
    const told = await engine({
      operations: [provision(SECOND, { protect: true }), startKind(8 * SECOND, "s2", "offboard", "dep-1")],
    });
    // The address is gone for good; the server is protected, and runs again.
    expect(edges(told, "s2").at(-1)).toBe("rolled_back");
    expect(told.rows["provisioned/dep-1/server"]).toMatchObject({ spec: { power: "on" }, specVersion: 1 });
    expect(inventory(told)).toEqual({
      actual: ["network-1", "server-2"],
      desired: ["network-1", "server-2"],
    });
  });
});

describe("a cancel", () => {
  it("before the first step goes by the legal edges all the same", async () => {
    const told = await engine({ operations: [start(SECOND, "s1", [ECHO, ECHO]), cancel(SECOND + 1, "s1")] });
    expect(edges(told, "s1")).toEqual(["pending", "running", "compensating", "rolled_back"]);
    expect(told.rows["run/s1"]?.error).toEqual({ compensate_from_idx: -1, reason: "cancelled" });
    expect(statuses(told, "s1")).toEqual([]);
  });

  it("between steps takes back those that were done", async () => {
    const slow: Fault = {
      kind: "external-slow",
      id: "f",
      at: 0,
      for: 8 * SECOND,
      target: "external/cloud",
      factor: 8,
    };
    const told = await engine({ faults: [slow], operations: [provision(SECOND), cancel(2 * SECOND, "s1")] });
    expect(edges(told, "s1").at(-1)).toBe("rolled_back");
    expect(told.rows["run/s1"]?.error).toMatchObject({ reason: "cancelled" });
    expect(inventory(told)).toEqual({ actual: [], desired: [] });
  });

  it("of a run that has ended is refused, and changes nothing", async () => {
    const late = cancel(6 * SECOND, "s1");
    const unknown = cancel(6 * SECOND, "s9");
    const told = await engine({ operations: [start(SECOND, "s1", [ECHO]), late, unknown] });
    expect(told.answer(late.id)).toMatchObject({ phase: "fail", value: { reason: "too late: completed" } });
    expect(told.answer(unknown.id)).toMatchObject({ phase: "fail", value: { reason: "no-such-saga" } });
    expect(told.rows["run/s1"]).toMatchObject({ status: "completed", cancelRequested: false });
  });
});

describe("a run whose runner dies", () => {
  const crashed: Fault = {
    kind: "crash-point",
    id: "f",
    at: 0,
    for: 18 * SECOND,
    target: "runner-1",
    point: 2,
    side: "after",
  };
  const twoRunners = (defects: string[] = []) =>
    engine({ runners: 2, seed: 4, defects, faults: [crashed], operations: [provision(SECOND)] });

  it("is taken up by another, which repeats the step under the same token", async () => {
    const told = await twoRunners();
    expect(told.of("host").some(({ phase, host }) => phase === "crash" && host === "runner-1")).toBe(true);
    expect(reached(told)).toEqual(
      expect.arrayContaining([GOALS.rescued, GOALS.resumedForward, GOALS.replayed]),
    );
    expect(applied(told)).toEqual(["create s1:1", "create s1:2", "create s1:3"]);
    expect(edges(told, "s1").at(-1)).toBe("completed");
  });

  it("has its step done twice under a fresh token", async () => {
    const done = applied(await twoRunners(["AW3"]));
    expect(new Set(done).size).toBe(4);
    expect(inventory(await twoRunners(["AW3"])).actual).toHaveLength(4);
  });

  it("stays where it was with one attempt", async () => {
    expect(edges(await twoRunners(["AW2"]), "s1")).toEqual(["pending", "running"]);
  });
});

describe("a second job for a run that is being executed", () => {
  const slow: Fault = {
    kind: "external-slow",
    id: "f",
    at: 0,
    for: 10 * SECOND,
    target: "external/cloud",
    factor: 10,
  };
  const twice = (defects: string[] = []) =>
    engine({
      runners: 3,
      defects,
      faults: [slow],
      operations: [
        provision(SECOND),
        operation(1_500 * MILLISECOND, "re-enqueue", { sagaId: "s1" }, "operator"),
      ],
    });

  it("waits, finds the run ended, and is done", async () => {
    const told = await twice();
    expect(reached(told)).toContain(GOALS.secondJobWaited);
    expect(applied(told)).toHaveLength(3);
    const jobs = Object.entries(told.rows).filter(([key]) => key.startsWith("job/"));
    expect(jobs.map(([, row]) => row.state)).toEqual(["completed", "completed"]);
  });

  it("runs beside the first where jobs exclude each other, and not runs", async () => {
    const grants = (await twice(["AW7"])).of("lease").filter(({ phase }) => phase === "grant");
    expect(grants.slice(0, 2).map(({ epoch }) => epoch)).toEqual([1, 1]);
  });
});

describe("a call that was applied and never answered", () => {
  const lost: Fault = {
    kind: "external-lost-reply",
    id: "f",
    at: 0,
    for: 4_500 * MILLISECOND,
    target: "external/cloud",
    ratio: 1,
  };

  it("is asked for by its token", async () => {
    const told = await engine({ faults: [lost], operations: [provision(SECOND)] });
    expect(reached(told)).toContain(GOALS.foundApplied);
    expect(edges(told, "s1").at(-1)).toBe("completed");
    expect(applied(told)).toHaveLength(3);
  });

  it("is compensated with the rest when nobody can say", async () => {
    const operations = [provision(SECOND)];
    const forLong = { ...lost, for: 7 * SECOND };
    const told = await engine({ faults: [forLong], operations, duration: 30 * SECOND });
    expect(told.rows["run/s1"]?.error).toMatchObject({ compensate_from_idx: 1 });
    expect(inventory(told)).toEqual({ actual: [], desired: [] });
    const leaky = await engine({ faults: [forLong], operations, duration: 30 * SECOND, defects: ["AW4"] });
    expect(edges(leaky, "s1").at(-1)).toBe("rolled_back");
    expect(inventory(leaky).actual).toEqual(["network-1"]);
  });
});

describe("a compensation that can't be done", () => {
  const doomed = () => provision(SECOND, { address: "unobtainable", protect: true });

  it("leaves the run failed, its deployment taken, and the ledger saying where", async () => {
    const told = await engine({ operations: [doomed()] });
    expect(edges(told, "s1")).toEqual(["pending", "running", "compensating", "failed"]);
    expect(statuses(told, "s1")).toEqual(["completed", "compensated", "compensation_failed", "failed"]);
    expect(told.rows["deployment/dep-1"]).toEqual({ sagaId: "s1" });
    expect(inventory(told).actual).toEqual(["server-2"]);
  });

  it("is made good by an operator's rollback, which frees the deployment", async () => {
    const cleanUp = operation(8 * SECOND, "clean-up", {}, "operator");
    const told = await engine({ operations: [doomed(), cleanUp] });
    const rollback = `s1-${cleanUp.id}`;
    expect(edges(told, rollback).at(-1)).toBe("completed");
    expect(inventory(told)).toEqual({ actual: [], desired: [] });
    expect(told.rows["deployment/dep-1"]).toBeUndefined();
    expect(told.rows["run/s1"]?.status).toBe("failed");
  });

  it("is tried again while it may yet succeed", async () => {
    const errors: Fault = {
      kind: "external-errors",
      id: "f",
      at: 2 * SECOND,
      for: 6 * SECOND,
      target: "external/cloud",
      ratio: 1,
    };
    const told = await engine({
      faults: [errors],
      duration: 30 * SECOND,
      operations: [provision(1_900 * MILLISECOND)],
    });
    expect(reached(told)).toContain(GOALS.compensationRetried);
    expect(edges(told, "s1").at(-1)).toBe("rolled_back");
  });
});

describe("a deploy that renames modules", () => {
  const slow: Fault = {
    kind: "external-slow",
    id: "f",
    at: 0,
    for: 8 * SECOND,
    target: "external/cloud",
    factor: 10,
  };
  const deploy = (at: number, host: string) => operation(at, "deploy", { host, version: 2 }, "operator");
  const deployed = (defects: string[] = []) =>
    engine({
      defects,
      faults: [slow],
      operations: [
        provision(SECOND),
        deploy(1_400 * MILLISECOND, "runner-1"),
        deploy(1_400 * MILLISECOND, "api"),
      ],
    });

  it("lets the run go on under its old names", async () => {
    const told = await deployed();
    expect(reached(told)).toEqual(expect.arrayContaining([GOALS.handedBack, GOALS.oldName]));
    expect(told.rows["run/s1"]).toMatchObject({ status: "completed" });
    expect(told.rows["run/s1"]?.stepModules).toContain("Steps.CreateServer");
  });

  it("leaves it where it is when old names are forgotten", async () => {
    expect(edges(await deployed(["AW12"]), "s1")).toEqual(["pending", "running"]);
  });

  it("lets an old runner leave to others what it doesn't know, and outlives a crash", async () => {
    const crash: Fault = { kind: "crash", id: "c", at: 6 * SECOND, for: SECOND, target: "runner-1" };
    const told = await engine({
      faults: [crash],
      operations: [
        deploy(100 * MILLISECOND, "api"),
        provision(SECOND),
        deploy(4 * SECOND, "runner-1"),
        startKind(9 * SECOND, "s2", "update", "dep-1"),
      ],
    });
    expect(reached(told)).toContain(GOALS.unknownModule);
    expect(told.rows["run/s1"]).toMatchObject({ status: "completed" });
    expect(told.rows["run/s2"]).toMatchObject({ status: "completed" });
  });
});

describe("the auditor", () => {
  const tamper = (change: string, pick = 1) =>
    operation(6 * SECOND, "tamper", { change, pick, for: 8 * SECOND }, "operator");

  it.each([
    ["resize", "server-2", "different"],
    ["delete", "server-2", "missing"],
    ["create", "volume-4", "undesired"],
  ])("finds what a %s by hand has done", async (change, resource, drift) => {
    const told = await engine({ operations: [provision(SECOND), tamper(change)], duration: 12 * SECOND });
    expect(told.rows[`drift/dep-1/${resource}`]).toMatchObject({ drift });
  });

  it("finds nothing any more once it is as desired again", async () => {
    const told = await engine({ operations: [provision(SECOND), tamper("resize")], duration: 25 * SECOND });
    expect(reached(told)).toEqual(expect.arrayContaining([GOALS.driftFound, GOALS.driftCleared]));
    expect(Object.keys(told.rows).filter((key) => key.startsWith("drift/"))).toEqual([]);
  });

  it("takes nothing for drift that a run is changing", async () => {
    const slow: Fault = {
      kind: "external-slow",
      id: "f",
      at: 0,
      for: 18 * SECOND,
      target: "external/cloud",
      factor: 12,
    };
    const told = await engine({
      faults: [slow],
      operations: [provision(SECOND)],
      knobs: { auditInterval: 300_000 },
    });
    expect(reached(told)).not.toContain(GOALS.driftFound);
  });
});

it("lists runs newest first, by status and with a limit, and the steps of one in order", async () => {
  const all = operation(10 * SECOND, "list", {});
  const newest = operation(10 * SECOND, "list", { limit: 1 });
  const rolledBack = operation(10 * SECOND, "list", { status: "rolled_back" });
  const steps = operation(10 * SECOND, "list-steps", { sagaId: "s1" });
  const told = await engine({
    operations: [
      start(SECOND, "s1", [ECHO, ECHO]),
      start(2 * SECOND, "s2", ["Steps.Fail"]),
      all,
      newest,
      rolledBack,
      steps,
    ],
  });
  const ids = (id: string) => ((told.answer(id)?.value ?? []) as { id: string }[]).map((run) => run.id);
  expect(ids(all.id)).toEqual(["s2", "s1"]);
  expect(ids(newest.id)).toEqual(["s2"]);
  expect(ids(rolledBack.id)).toEqual(["s2"]);
  expect(told.answer(steps.id)?.value).toMatchObject([{ stepIdx: 0 }, { stepIdx: 1 }]);
});

it("names a setting that is of the wrong type", async () => {
  await expect(engine({ knobs: { pollInterval: "often" } })).rejects.toThrow(
    'knobs.pollInterval: expected a number, got "often"',
  );
});
