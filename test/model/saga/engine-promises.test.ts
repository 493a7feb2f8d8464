/** What the saga engine promises beyond the way of a run, on histories made by hand: each holds, and each fires. */
import { describe, expect, it } from "vitest";
import {
  answersSayWhatIsSo,
  customersAreAnswered,
  listsAreComplete,
} from "../../../src/model/saga/properties/answers.js";
import {
  compensationHasACause,
  completedStepsWereApplied,
} from "../../../src/model/saga/properties/causes.js";
import { cloudListsWhatItHolds, cloudRefusesForAReason } from "../../../src/model/saga/properties/cloud.js";
import {
  cloudHasWhatIsDesired,
  desiredFollowsSteps,
  oneRunPerDeployment,
} from "../../../src/model/saga/properties/desired.js";
import { driftIsReported, driftIsTrue } from "../../../src/model/saga/properties/drift.js";
import {
  endedRunsArePutAway,
  runsAreOverSoon,
  stepsFailForAReason,
} from "../../../src/model/saga/properties/owed.js";
import type { Json } from "../../../src/sim/plan.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

type Fields = { readonly [key: string]: Json };
const TOPOLOGY = ["db", "auditor"].map((id) => ({
  id,
  domain: { provider: "aws", region: "east" },
  role: id === "db" ? "database" : id,
}));
const SERVER = { deploymentId: "d", resourceKind: "server", spec: { size: "s" }, resource: "server-1" };
const NOTE = { resourceKind: "server", before: null, after: SERVER };
const CALM = { faults: [], healAt: 0, topology: TOPOLOGY };

/** One run of one step that creates a server in deployment `d`. */
class Engine extends HistoryBuilder {
  #txn = 0;

  commit(writes: Fields): number {
    return this.durable("db", "provisioning@db", ++this.#txn, writes);
  }

  run(status: string, changes: Fields = {}, id = "saga-1"): Fields {
    const usual = {
      id,
      stepModules: ["Steps.CreateServer"],
      currentStepIdx: 0,
      context: {},
      cancelRequested: false,
    };
    return { [`run/${id}`]: { ...usual, deploymentId: "d", insertedAt: 1, status, ...changes } };
  }

  step(status: string, changes: Fields = {}): Fields {
    const usual = {
      sagaId: "saga-1",
      stepIdx: 0,
      name: "create-server",
      output: {},
      attempts: 1,
      token: "saga-1:0",
    };
    return { "step/saga-1/0": { ...usual, status, error: null, compensationAttempts: 0, ...changes } };
  }

  started(): this {
    this.commit({ ...this.run("pending"), "deployment/d": { sagaId: "saga-1" } });
    this.commit({ ...this.run("running"), ...this.step("running") });
    return this;
  }

  cloud(operation: string, token: string, body: Fields, value: Fields = {}): this {
    this.external("runner-1", "attempt", "cloud", operation, token, body);
    this.external("external/cloud", "applied", "cloud", operation, token, value);
    return this;
  }

  created(spec: Fields = SERVER.spec): this {
    const body = { kind: "server", deployment: "d", spec };
    return this.cloud("create", "saga-1:0", body, { resource: "server-1" });
  }

  refused(operation: string, token: string, body: Fields, error: string): this {
    this.external("runner-1", "attempt", "cloud", operation, token, body);
    this.external("runner-1", "reply", "cloud", operation, token, { error });
    return this;
  }

  completed(provisioned: Json = SERVER): this {
    const output = { resource_at_step_0: NOTE };
    this.commit({
      ...this.run("completed"),
      ...this.step("completed", { output }),
      ...(provisioned === undefined ? {} : { "provisioned/d/server": provisioned }),
      "deployment/d": null,
    });
    return this;
  }
}

const verdict = (...args: Parameters<typeof judge>): string => judge(...args).report.verdict;

describe("a completed step", () => {
  it("had the cloud make what it says", () => {
    expect(verdict(completedStepsWereApplied, new Engine().started().created().completed())).toBe("held");
  });

  it("must not be recorded where the cloud was never asked", () => {
    expect(judge(completedStepsWereApplied, new Engine().started().completed()).message).toBe(
      "Step 0 (create-server) of saga-1 was completed with server-1 at 0.000 s, but the cloud had applied nothing for it.",
    );
  });

  it("must name the resource that the cloud made", () => {
    const body = { kind: "server", deployment: "d", spec: SERVER.spec };
    const engine = new Engine().started().cloud("create", "saga-1:0", body, { resource: "server-2" });
    expect(judge(completedStepsWereApplied, engine.completed()).message).toContain(
      "but the cloud had applied create to server-2",
    );
  });
});

describe("a run that turns back", () => {
  const turned = (run: Fields, step: Fields): Engine => {
    const engine = new Engine().started();
    engine.at(2).commit({ ...run, ...step });
    return engine;
  };

  it("was cancelled, or has a step that failed", () => {
    const engine = new Engine();
    const cancelled = engine.run("compensating", { cancelRequested: true });
    expect(verdict(compensationHasACause, turned(cancelled, {}))).toBe("held");
    expect(verdict(compensationHasACause, turned(engine.run("compensating"), engine.step("failed")))).toBe(
      "held",
    );
  });

  it("must not do so without a cause", () => {
    const engine = new Engine();
    expect(judge(compensationHasACause, turned(engine.run("compensating"), {})).message).toBe(
      "saga-1 began to be compensated at 2.000 s, though nobody had cancelled it and no step had failed.",
    );
  });
});

describe("the desired state", () => {
  it("follows the steps", () => {
    expect(verdict(desiredFollowsSteps, new Engine().started().created().completed())).toBe("held");
  });

  it("must be what a completed step has noted", () => {
    const engine = new Engine()
      .started()
      .created()
      .completed({ ...SERVER, resource: "server-2" });
    expect(judge(desiredFollowsSteps, engine).message).toMatch(
      /^Step 0 \(create-server\) of saga-1 became completed at 0\.000 s, after which .* is desired, but/,
    );
  });

  it("changes with no other transaction", () => {
    const engine = new Engine().started();
    engine.at(3).commit({ "provisioned/d/server": SERVER });
    expect(judge(desiredFollowsSteps, engine).message).toMatch(
      /^provisioned\/d\/server was written at 3\.000 s/,
    );
  });

  it("is what the cloud has in the end", () => {
    expect(verdict(cloudHasWhatIsDesired, new Engine().started().created().completed())).toBe("held");
    const other = new Engine().started().created({ size: "xl" }).completed();
    expect(judge(cloudHasWhatIsDesired, other).message).toMatch(/server-1 is \{"size":"xl"\} and should be/);
    const none = new Engine().started().completed();
    expect(judge(cloudHasWhatIsDesired, none).message).toMatch(/server-1 is null and should be/);
  });
});

describe("a deployment", () => {
  it("belongs to its run until the end", () => {
    expect(verdict(oneRunPerDeployment, new Engine().started().created().completed())).toBe("held");
  });

  it("must not be free while its run goes on", () => {
    const engine = new Engine().started();
    engine.at(2).commit({ "deployment/d": null });
    expect(judge(oneRunPerDeployment, engine).message).toBe(
      "saga-1 is running at 2.000 s, but its deployment d belongs to nobody.",
    );
  });

  it("must not stay with a run that is over", () => {
    const engine = new Engine().started();
    engine.at(2).commit(engine.run("rolled_back"));
    expect(judge(oneRunPerDeployment, engine).message).toBe(
      "saga-1 ended as rolled_back at 2.000 s and still has deployment d.",
    );
  });
});

describe("the auditor", () => {
  const differing = (): Engine => {
    const engine = new Engine(CALM).started().created().completed();
    engine.at(10).cloud("resize", "by-hand:1", { resource: "server-1", size: "xl" });
    return engine;
  };
  const finding = (drift: string): Fields => ({
    "drift/d/server-1": { drift, deploymentId: "d", resource: "server-1" },
  });

  it("is right in what it finds, and finds it", () => {
    const engine = differing();
    engine.at(14).commit(finding("different"));
    expect(verdict(driftIsTrue, engine)).toBe("held");
    expect(verdict(driftIsReported, engine)).toBe("held");
  });

  it("must not call a thing missing that is only different", () => {
    const engine = differing();
    engine.at(14).commit(finding("missing"));
    expect(judge(driftIsTrue, engine).message).toBe(
      "The auditor wrote d/server-1 down as missing at 14.000 s, but it was different since 10.000 s.",
    );
  });

  it("must not leave out what has differed for long", () => {
    expect(judge(driftIsReported, differing()).message).toBe(
      "d/server-1 is different since 10.000 s, and by 60.000 s the auditor had not written that down.",
    );
  });

  it("must clear what differs no more", () => {
    const engine = differing();
    engine.at(14).commit(finding("different"));
    engine.at(20).cloud("resize", "by-hand:2", { resource: "server-1", size: "s" });
    expect(judge(driftIsReported, engine).message).toMatch(/^d\/server-1 stands as different/);
  });
});

describe("customers", () => {
  it("are told what is so", () => {
    const engine = new Engine();
    engine.client("call", "start", "a", "saga-1", { deploymentId: "d" });
    engine.started();
    engine.client("ok", "start", "a", "saga-1");
    engine.client("call", "start", "b", "saga-2", { deploymentId: "d" });
    engine.client("fail", "start", "b", "saga-2", { reason: "deployment-busy" });
    engine.completed();
    engine.client("call", "cancel", "c", "saga-1");
    engine.client("fail", "cancel", "c", "saga-1", { reason: "too late: completed" });
    expect(judge(answersSayWhatIsSo, engine).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("must not be refused a deployment that is free", () => {
    const engine = new Engine();
    engine.client("call", "start", "b", "saga-2", { deploymentId: "d" });
    engine.client("fail", "start", "b", "saga-2", { reason: "deployment-busy" });
    expect(judge(answersSayWhatIsSo, engine).message).toMatch(/but no other run had its deployment\.$/);
  });

  it("must not be told that it is too late for a run that goes on", () => {
    const engine = new Engine().started();
    engine.client("call", "cancel", "c", "saga-1");
    engine.client("fail", "cancel", "c", "saga-1", { reason: "too late: running" });
    expect(judge(answersSayWhatIsSo, engine).message).toMatch(
      /but a run that is running can be cancelled\.$/,
    );
  });

  it("must not be told that a cancel is done which is not written down", () => {
    const engine = new Engine().started();
    engine.client("call", "cancel", "c", "saga-1");
    engine.client("ok", "cancel", "c", "saga-1");
    expect(judge(answersSayWhatIsSo, engine).message).toMatch(/but no cancel is written down\.$/);
  });

  const listed = (items: readonly Fields[]): Engine => {
    const engine = new Engine();
    for (const n of [1, 2, 3]) engine.commit(engine.run("pending", { insertedAt: n }, `saga-${n}`));
    engine.client("call", "list", "l", "", { limit: 2 });
    engine.client("ok", "list", "l", "", items as Json);
    return engine;
  };

  it("see the newest runs first", () => {
    const engine = listed([
      { id: "saga-3", insertedAt: 3 },
      { id: "saga-2", insertedAt: 2 },
    ]);
    expect(verdict(listsAreComplete, engine)).toBe("held");
  });

  it.each([
    ["saga-3 is left out", [2, 1]],
    ["they are not in order", [2, 3]],
    ["only 2 were asked for", [3, 2, 1]],
    ["there were 3 when it was asked", [3]],
  ])("must not see a list of which it can be said: %s", (flaw, ids) => {
    const engine = listed(ids.map((n) => ({ id: `saga-${n}`, insertedAt: n })));
    expect(judge(listsAreComplete, engine).message).toContain(`but ${flaw}.`);
  });

  it("must not wait for ever when nothing is wrong", () => {
    const engine = new Engine(CALM).at(5);
    engine.client("call", "start", "a", "saga-1");
    engine.at(5.2).client("ok", "start", "a", "saga-1");
    expect(verdict(customersAreAnswered, engine)).toBe("held");
    engine.at(6).client("call", "start", "b", "saga-2");
    expect(judge(customersAreAnswered, engine).message).toMatch(/had no answer by 7\.500 s\.$/);
  });
});

describe("a step", () => {
  const failing = (error: string): Engine => {
    const engine = new Engine(CALM).started();
    engine.refused("create", "saga-1:0", { spec: { size: "unobtainable" } }, "quota-exceeded");
    engine.commit({ ...engine.run("compensating"), ...engine.step("failed", { error }) });
    return engine;
  };

  it("fails for what the cloud has said", () => {
    expect(verdict(stepsFailForAReason, failing("quota-exceeded"))).toBe("held");
  });

  it("must not fail for what nobody has said", () => {
    expect(judge(stepsFailForAReason, failing("not-found")).message).toMatch(
      /^Step 0 \(create-server\) of saga-1 became failed at .* because of "not-found", which nobody had said\.$/,
    );
    expect(verdict(stepsFailForAReason, failing("timed out"))).toBe("violated");
  });

  it("must not be given up before its tries are used up", () => {
    const engine = new Engine().started();
    engine.commit(engine.step("compensation_failed", { error: "timed out", compensationAttempts: 2 }));
    expect(judge(stepsFailForAReason, engine).message).toMatch(/was given up .* after 2 of 6 tries/);
  });
});

describe("a run", () => {
  it("is over soon when nothing is wrong", () => {
    const engine = new Engine(CALM).started();
    engine.at(1).completed();
    expect(verdict(runsAreOverSoon, engine)).toBe("held");
    const slow = new Engine(CALM).started();
    slow.at(9).completed();
    expect(judge(runsAreOverSoon, slow).message).toMatch(/was completed only at 9\.000 s\.$/);
  });

  it("leaves no job and no lease behind", () => {
    const tidy = new Engine(CALM).started().completed();
    tidy.commit({
      "job/saga-1": { sagaId: "saga-1", state: "completed" },
      "lease/saga-1": { sagaId: "saga-1", holder: null },
    });
    expect(verdict(endedRunsArePutAway, tidy)).toBe("held");
    const left = new Engine(CALM).started().completed();
    left.commit({ "job/saga-1": { sagaId: "saga-1", state: "executing" } });
    expect(judge(endedRunsArePutAway, left).message).toMatch(/job\/saga-1 is still executing\.$/);
    const held = new Engine(CALM).started().completed();
    held.commit({ "lease/saga-1": { sagaId: "saga-1", holder: "runner-1/1" } });
    expect(judge(endedRunsArePutAway, held).message).toMatch(/lease\/saga-1 is still held by runner-1\/1\.$/);
  });
});

describe("the cloud", () => {
  it("refuses for the reason that it gives", () => {
    const engine = new Engine().refused("create", "t", { spec: { size: "unobtainable" } }, "quota-exceeded");
    expect(verdict(cloudRefusesForAReason, engine)).toBe("held");
    const wrong = new Engine().refused("create", "t", { spec: { size: "s" } }, "quota-exceeded");
    expect(judge(cloudRefusesForAReason, wrong).message).toMatch(
      /^The cloud refused to create for token t as quota-exceeded/,
    );
  });

  it("must not remove what is protected", () => {
    const engine = new Engine().created({ protect: true });
    engine.cloud("revert", "saga-1:0:undo", { of: "saga-1:0", force: false });
    expect(judge(cloudRefusesForAReason, engine).message).toMatch(/^The cloud removed a protected resource/);
  });

  it("lists what it holds", () => {
    const engine = new Engine().created();
    engine.external("auditor", "attempt", "cloud", "list", "audit", null);
    engine.external("auditor", "reply", "cloud", "list", "audit", [
      { id: "server-1", deployment: "d", spec: { size: "s" } },
    ]);
    expect(verdict(cloudListsWhatItHolds, engine)).toBe("held");
    engine.external("auditor", "attempt", "cloud", "list", "again", null);
    engine.external("auditor", "reply", "cloud", "list", "again", []);
    expect(judge(cloudListsWhatItHolds, engine).message).toMatch(/^The cloud listed \{\}/);
  });
});
