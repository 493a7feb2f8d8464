import { describe, expect, it } from "vitest";
import {
  compensationHasACause,
  completedStepsWereApplied,
} from "../../../src/model/saga/properties/causes.js";
import {
  compensationRunsBackwards,
  failedCompensationShows,
  rollbackLeavesNothing,
} from "../../../src/model/saga/properties/compensation.js";
import { stepsApplyOnce } from "../../../src/model/saga/properties/effects.js";
import { oneRunnerPerRun } from "../../../src/model/saga/properties/exclusion.js";
import {
  noStepAfterCompensation,
  outputWithCompletion,
  stepsRunInOrder,
} from "../../../src/model/saga/properties/forward.js";
import {
  completedMeansEveryStep,
  inputsNeverChange,
  legalRunStates,
} from "../../../src/model/saga/properties/lifecycle.js";
import { cancelIsHonoured, everyRunEnds } from "../../../src/model/saga/properties/liveness.js";
import type { Json } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

type Fields = { readonly [key: string]: Json };
const S = "saga-1";

/** What happens to one run of two steps, a line for a fact. */
class Tale extends HistoryBuilder {
  #txn = 0;
  #run: Fields = {
    id: S,
    kind: "test",
    stepModules: ["Steps.Echo", "Steps.Echo"],
    currentStepIdx: 0,
    compensateIdx: null,
    context: { __inputs__: { size: "s" } },
    cancelRequested: false,
    leaseEpoch: 0,
  };

  /** One transaction of the database. */
  commit(writes: Fields): number {
    return this.durable("db", "provisioning@db", ++this.#txn, writes);
  }

  /** The run's row with something changed. */
  row(changes: Fields): Fields {
    this.#run = { ...this.#run, ...changes };
    return { [`run/${S}`]: this.#run };
  }

  run(changes: Fields): number {
    return this.commit(this.row(changes));
  }

  step(idx: number, changes: Fields): Fields {
    const usual = { sagaId: S, stepIdx: idx, name: "echo", output: {}, attempts: 1 };
    return { [`step/${S}/${idx}`]: { ...usual, ...changes } };
  }

  held(holder: string | null, epoch: number, since: number, until: number, key = S): number {
    return this.commit({ [`lease/${key}`]: { sagaId: S, holder, epoch, since, until } });
  }

  /** Started and running, with no step begun. */
  running(): this {
    this.run({ status: "pending" });
    this.run({ status: "running" });
    return this;
  }

  /** A step is begun and completed. */
  completes(idx: number): this {
    this.commit(this.step(idx, { status: "running" }));
    this.commit({ ...this.step(idx, { status: "completed" }), ...this.row({ currentStepIdx: idx + 1 }) });
    return this;
  }

  /** A runner asks the cloud, which does it. */
  cloud(operation: string, token: string, value: Fields = {}, runner = "runner-1"): number {
    this.external(runner, "attempt", "cloud", operation, token);
    return this.external("external/cloud", "applied", "cloud", operation, token, value);
  }
}

describe("A1, legal edges", () => {
  it("holds on the way to completion and on the way back", () => {
    const forward = new Tale().running();
    forward.run({ status: "completed" });
    expect(judge(legalRunStates, forward).report).toMatchObject({ verdict: "held", checked: 3 });
    const back = new Tale().running();
    back.run({ status: "compensating" });
    back.run({ status: "failed" });
    expect(judge(legalRunStates, back).report.verdict).toBe("held");
  });

  it("fires on an edge that is none", () => {
    const tale = new Tale();
    const before = tale.run({ status: "pending" });
    const after = tale.at(2).run({ status: "failed" });
    const { message, evidence } = judge(legalRunStates, tale);
    expect(message).toBe("saga-1 went from pending to failed at 2.000 s.");
    expect(evidence).toEqual([before, after]);
  });

  it("fires when a run is written after it has ended", () => {
    const tale = new Tale().running();
    tale.at(1).run({ status: "completed" });
    tale.at(2).run({ cancelRequested: true });
    expect(judge(legalRunStates, tale).message).toBe(
      "saga-1 had ended as completed at 1.000 s, and was written again at 2.000 s, as completed.",
    );
  });

  it("fires when what was durable is not any more", () => {
    const tale = new Tale().running();
    tale.durable("db", "provisioning@db", 2, tale.row({ status: "pending" }));
    expect(judge(legalRunStates, tale).message).toMatch(/^saga-1 went from running to pending/);
  });

  it("takes what is told again for what it is", () => {
    const tale = new Tale().running();
    tale.durable("db", "provisioning@db", 2, tale.row({}));
    expect(judge(legalRunStates, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });
});

describe("A2, one step after the other", () => {
  it("holds when each step begins after the one before was completed", () => {
    expect(judge(stepsRunInOrder, new Tale().running().completes(0).completes(1)).report).toMatchObject({
      verdict: "held",
      checked: 2,
    });
  });

  it("fires when a step begins while the one before is under way", () => {
    const tale = new Tale().running();
    const first = tale.at(1).commit(tale.step(0, { status: "running" }));
    const second = tale.at(2).commit(tale.step(1, { status: "running" }));
    const { message, evidence } = judge(stepsRunInOrder, tale);
    expect(message).toBe("Step 1 (echo) of saga-1 began at 2.000 s while step 0 was running.");
    expect(evidence).toEqual([first, second]);
  });
});

describe("A3, completed means all of it", () => {
  it("holds when every step is completed", () => {
    const tale = new Tale().running().completes(0).completes(1);
    tale.run({ status: "completed" });
    expect(judge(completedMeansEveryStep, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when a step is not, or is compensated later", () => {
    const early = new Tale().running().completes(0);
    early.at(3).run({ status: "completed" });
    expect(judge(completedMeansEveryStep, early).message).toBe(
      "saga-1 is completed at 3.000 s, but step 1 is absent.",
    );
    const late = new Tale().running().completes(0).completes(1);
    late.run({ status: "completed" });
    late.at(4).commit(late.step(1, { status: "compensated" }));
    expect(judge(completedMeansEveryStep, late).message).toBe(
      "saga-1 is completed at 4.000 s, but step 1 is compensated.",
    );
  });
});

describe("A4, down and never up", () => {
  const turned = (): Tale => {
    const tale = new Tale().running().completes(0).completes(1);
    tale.run({ status: "compensating" });
    return tale;
  };

  it("holds while indices descend, and an index may be tried again before it is dealt with", () => {
    const tale = turned();
    tale.cloud("revert", `${S}:1:undo`);
    tale.cloud("revert", `${S}:1:undo`);
    tale.commit(tale.step(1, { status: "compensated" }));
    tale.commit(tale.step(0, { status: "compensation_failed" }));
    expect(judge(compensationRunsBackwards, tale).report).toMatchObject({ verdict: "held", checked: 4 });
  });

  it("fires when a higher index is visited after a lower one", () => {
    const tale = turned();
    const lower = tale.at(1).commit(tale.step(0, { status: "compensated" }));
    const higher = tale.at(2).commit(tale.step(1, { status: "compensated" }));
    const { message, evidence } = judge(compensationRunsBackwards, tale);
    expect(message).toBe(
      "Step 1 (echo) of saga-1 became compensated at 2.000 s on db, though compensation had got to step 0 at 1.000 s.",
    );
    expect(evidence).toEqual([lower, higher]);
  });

  it("fires when the cloud is asked once more for what was dealt with", () => {
    const tale = turned();
    tale.commit(tale.step(1, { status: "compensated" }));
    tale.cloud("revert", `${S}:1:undo`);
    expect(judge(compensationRunsBackwards, tale).message).toMatch(
      /^The compensation of step 1 of saga-1 was asked for/,
    );
  });

  it("fires when something is compensated while the run goes forward", () => {
    const tale = new Tale().running().completes(0);
    tale.at(3).commit(tale.step(0, { status: "compensated" }));
    expect(judge(compensationRunsBackwards, tale).message).toBe(
      "Step 0 (echo) of saga-1 became compensated at 3.000 s on db, while saga-1 was running.",
    );
  });
});

describe("A5, nothing leaks", () => {
  const rolledBack = (tale: Tale): number => {
    tale.run({ status: "compensating" });
    return tale.run({ status: "rolled_back" });
  };

  it("holds when everything that the cloud applied was reverted", () => {
    const tale = new Tale().running();
    tale.cloud("create", `${S}:0`);
    tale.cloud("revert", `${S}:0:undo`, { of: `${S}:0` });
    rolledBack(tale);
    expect(judge(rollbackLeavesNothing, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("does not ask for what can't be taken back, nor of a run that failed", () => {
    const deleted = new Tale().running();
    deleted.cloud("delete", `${S}:0`);
    rolledBack(deleted);
    expect(judge(rollbackLeavesNothing, deleted).report.verdict).toBe("vacuous");
    const failed = new Tale().running();
    failed.cloud("create", `${S}:0`);
    failed.run({ status: "compensating" });
    failed.run({ status: "failed" });
    expect(judge(rollbackLeavesNothing, failed).report.verdict).toBe("vacuous");
  });

  it("fires when something was left", () => {
    const tale = new Tale().running();
    const created = tale.at(1).cloud("create", `${S}:0`);
    const ended = rolledBack(tale.at(2));
    const { message, evidence } = judge(rollbackLeavesNothing, tale);
    expect(message).toBe(
      "saga-1 was rolled back at 2.000 s, but the create of step 0, which the cloud applied at 1.000 s, was not taken back.",
    );
    expect(evidence).toEqual([created, ended]);
  });

  it("fires when a call is applied after the run was rolled back", () => {
    const tale = new Tale().running();
    rolledBack(tale.at(1));
    tale.at(2).cloud("create", `${S}:0`);
    expect(judge(rollbackLeavesNothing, tale).message).toMatch(
      /which the cloud applied at 2\.000 s, was not taken back\.$/,
    );
  });
});

describe("A6, never forward again", () => {
  it("holds while the run is compensated", () => {
    const tale = new Tale().running().completes(0);
    tale.run({ status: "compensating" });
    tale.cloud("revert", `${S}:0:undo`);
    expect(judge(noStepAfterCompensation, tale).report.verdict).toBe("held");
  });

  it("fires when a step begins", () => {
    const tale = new Tale().running().completes(0);
    const turned = tale.at(1).run({ status: "compensating" });
    const begun = tale.at(2).commit(tale.step(1, { status: "running" }));
    const { message, evidence } = judge(noStepAfterCompensation, tale);
    expect(message).toBe(
      "saga-1 began to be compensated at 1.000 s, and step 1 (echo) became running at 2.000 s.",
    );
    expect(evidence).toEqual([turned, begun]);
  });

  it("fires when the cloud is asked for more", () => {
    const tale = new Tale().running();
    tale.at(1).run({ status: "compensating" });
    tale.at(2).cloud("create", `${S}:1`);
    expect(judge(noStepAfterCompensation, tale).message).toBe(
      "saga-1 began to be compensated at 1.000 s, and step 1 asked the cloud to create at 2.000 s on runner-1.",
    );
  });
});

describe("A7, once at the cloud", () => {
  it("holds when a step and its inverse are applied once each", () => {
    const tale = new Tale().running();
    tale.cloud("create", `${S}:0`);
    tale.cloud("revert", `${S}:0:undo`);
    tale.cloud("create", `${S}:1`);
    expect(judge(stepsApplyOnce, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when a step is applied under two tokens", () => {
    const tale = new Tale().running();
    const first = tale.at(1).cloud("create", `${S}:0:1`);
    const second = tale.at(2).cloud("create", `${S}:0:2`);
    const { message, evidence } = judge(stepsApplyOnce, tale);
    expect(message).toBe(
      "Step 0 of saga-1 was applied twice: create at 1.000 s and create at 2.000 s, for tokens saga-1:0:1 and saga-1:0:2.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("takes no account of what is done by hand", () => {
    const tale = new Tale().running();
    tale.cloud("resize", "by-hand:1");
    tale.cloud("resize", "by-hand:1");
    expect(judge(stepsApplyOnce, tale).report.verdict).toBe("vacuous");
  });
});

describe("A8, results and context together", () => {
  const output = { echoed_at_step_0: "hello" };

  it("holds when both are written at once", () => {
    const tale = new Tale().running();
    tale.commit(tale.step(0, { status: "running" }));
    tale.commit({
      ...tale.step(0, { status: "completed", output }),
      ...tale.row({ context: { ...output } }),
    });
    expect(judge(outputWithCompletion, tale).report).toMatchObject({ verdict: "held", checked: 4 });
  });

  it("fires on a completed step whose output is not in the context", () => {
    const tale = new Tale().running();
    tale.at(2).commit(tale.step(0, { status: "completed", output }));
    expect(judge(outputWithCompletion, tale).message).toBe(
      "In saga-1, step 0 (echo) is completed, and its output echoed_at_step_0 is not in the context at 2.000 s.",
    );
  });

  it("fires on an output in the context that no completed step explains", () => {
    const tale = new Tale().running();
    tale.at(2).run({ context: { ...output } });
    expect(judge(outputWithCompletion, tale).message).toBe(
      "In saga-1, echoed_at_step_0 is in the context, and no completed step has put it there at 2.000 s.",
    );
  });
});

describe("A9, inputs stay", () => {
  it("holds while only outputs are added", () => {
    const tale = new Tale().running();
    tale.run({ context: { spec: {}, __inputs__: { size: "s" } } });
    expect(judge(inputsNeverChange, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires when they change", () => {
    const tale = new Tale().running();
    tale.at(2).run({ context: { __inputs__: { size: "xl" } } });
    expect(judge(inputsNeverChange, tale).message).toBe(
      'The inputs of saga-1 were {"size":"s"} and are {"size":"xl"} at 2.000 s.',
    );
  });
});

describe("A10, one runner at a time", () => {
  it("holds when leases follow one another, and only their holders act", () => {
    const tale = new Tale().running();
    tale.held(null, 0, 0, 0);
    tale.held("runner-1/1", 1, 10, 50);
    tale.held("runner-1/1", 1, 10, 60);
    tale.cloud("create", `${S}:0`, {}, "runner-1");
    tale.held("runner-2/1", 2, 60, 100);
    tale.cloud("create", `${S}:0`, {}, "runner-2");
    tale.run({ status: "completed", leaseEpoch: 2 });
    expect(judge(oneRunnerPerRun, tale).report.verdict).toBe("held");
  });

  it("fires when a lease is granted while another has it", () => {
    const tale = new Tale().running();
    const first = tale.at(1).held("runner-1/1", 1, 10, 50);
    const second = tale.at(2).held("runner-2/1", 2, 40, 80);
    const { message, evidence } = judge(oneRunnerPerRun, tale);
    expect(message).toBe(
      "runner-2/1 took saga-1 under epoch 2 at 2.000 s, while runner-1/1 had it under epoch 1 since 1.000 s.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("fires when an epoch comes twice", () => {
    const tale = new Tale().running();
    tale.at(1).held("runner-1/1", 1, 10, 50);
    tale.at(2).held(null, 1, 10, 50);
    tale.at(3).held("runner-2/1", 1, 60, 90);
    expect(judge(oneRunnerPerRun, tale).message).toBe(
      "runner-2/1 took saga-1 under epoch 1 at 3.000 s, which was not beyond the last: 1 at 2.000 s.",
    );
  });

  it("fires when a second job has a lease of its own", () => {
    const tale = new Tale().running();
    tale.held("runner-1/1", 1, 10, 50);
    tale.held("runner-2/1", 1, 40, 80, `${S}/again`);
    expect(judge(oneRunnerPerRun, tale).report.verdict).toBe("violated");
  });

  it("fires when a runner acts that has no lease any more", () => {
    const tale = new Tale().running();
    tale.held("runner-1/1", 1, 10, 50);
    const lease = tale.held("runner-2/1", 2, 50, 90);
    tale.at(3).cloud("create", `${S}:0`, {}, "runner-1");
    const { message, evidence } = judge(oneRunnerPerRun, tale);
    expect(message).toBe(
      "runner-1 asked the cloud to create for saga-1 at 3.000 s on runner-1, which runner-2/1 had.",
    );
    expect(evidence[0]).toBe(lease);
  });

  it("fires on progress that is written under an old lease", () => {
    const tale = new Tale().running();
    tale.held("runner-1/1", 1, 10, 50);
    tale.held("runner-2/1", 2, 50, 90);
    tale.at(4).run({ currentStepIdx: 1, leaseEpoch: 1 });
    expect(judge(oneRunnerPerRun, tale).message).toBe(
      "saga-1 went from running to running at 4.000 s under epoch 1, though runner-2/1 had it under epoch 2.",
    );
  });
});

describe("A11, every run ends", () => {
  it("holds when every run that was started has ended", () => {
    const tale = new Tale().running();
    tale.client("ok", "start", "r1", S);
    tale.run({ status: "completed" });
    expect(judge(everyRunEnds, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires on a run that is still under way, and on one that never was", () => {
    const tale = new Tale();
    const answer = tale.at(1).client("ok", "start", "r1", S);
    const begun = tale.at(2).run({ status: "pending" });
    const lost = tale.at(3).client("ok", "start", "r2", "saga-2");
    const { violations } = judge(everyRunEnds, tale);
    expect(violations.map(({ message, evidence }) => ({ message, evidence }))).toEqual([
      {
        message:
          "saga-1 is still pending at step 0 at 60.000 s, where it has been since 2.000 s: there is no job for it, and it never had a lease.",
        evidence: [answer, begun],
      },
      { message: "saga-2 was said to be started at 3.000 s, and there is no such run.", evidence: [lost] },
    ]);
  });
});

describe("A12, cancels count", () => {
  it("holds when the run is rolled back, and when the cancel came after the last step had begun", () => {
    const heeded = new Tale().running().completes(0);
    heeded.run({ cancelRequested: true });
    heeded.run({ status: "compensating" });
    heeded.run({ status: "rolled_back" });
    expect(judge(cancelIsHonoured, heeded).report).toMatchObject({ verdict: "held", checked: 1 });
    const late = new Tale().running().completes(0);
    late.commit(late.step(1, { status: "running" }));
    late.run({ cancelRequested: true });
    late.run({ status: "completed" });
    expect(judge(cancelIsHonoured, late).report.verdict).toBe("held");
  });

  it("fires when the run is completed all the same", () => {
    const tale = new Tale().running();
    const cancelled = tale.at(1).run({ cancelRequested: true });
    tale.completes(0).completes(1);
    const completed = tale.at(2).run({ status: "completed" });
    const { message, evidence } = judge(cancelIsHonoured, tale);
    expect(message).toBe(
      "The cancel of saga-1 was durable at 1.000 s, before its last step began, and it was completed at 2.000 s.",
    );
    expect(evidence).toEqual([cancelled, completed]);
  });

  it("fires when a cancel changes a run that has ended", () => {
    const tale = new Tale().running().completes(0).completes(1);
    tale.at(1).run({ status: "completed" });
    tale.at(2).run({ cancelRequested: true });
    expect(judge(cancelIsHonoured, tale).message).toBe(
      "saga-1 had ended as completed at 1.000 s, and a cancel changed it at 2.000 s.",
    );
  });
});

describe("A13, failed compensations show", () => {
  const ending = (stepStatus: string, status: string): Tale => {
    const tale = new Tale().running().completes(0);
    tale.run({ status: "compensating" });
    tale.at(1).commit(tale.step(0, { status: stepStatus }));
    tale.at(2).run({ status });
    return tale;
  };

  it("holds when the status says what the ledger says", () => {
    expect(judge(failedCompensationShows, ending("compensated", "rolled_back")).report).toMatchObject({
      verdict: "held",
      checked: 1,
    });
    expect(judge(failedCompensationShows, ending("compensation_failed", "failed")).report.verdict).toBe(
      "held",
    );
  });

  it("fires when a run ends as rolled back in spite of a failed compensation", () => {
    expect(judge(failedCompensationShows, ending("compensation_failed", "rolled_back")).message).toBe(
      "saga-1 ended as rolled_back at 2.000 s, but the compensation of step 0 (echo) had failed.",
    );
  });

  it("fires when a run fails though everything was taken back", () => {
    expect(judge(failedCompensationShows, ending("compensated", "failed")).message).toBe(
      "saga-1 ended as failed at 2.000 s, but no compensation had failed.",
    );
  });
});

it("reads no other store's rows, nor calls to other services", () => {
  const tale = new Tale().at(2 * SECOND);
  tale.durable("db", "elsewhere", 1, { "run/x": { id: "x", status: "failed" } });
  tale.external("runner-1", "attempt", "payments", "create", `${S}:0`);
  for (const property of [legalRunStates, oneRunnerPerRun])
    expect(judge(property, tale).report.verdict).toBe("vacuous");
});

describe("A14, completed steps were applied", () => {
  const note = {
    resource_at_step_0: { resourceKind: "server", before: null, after: { resource: "server-1" } },
  };
  const applied = (tale: Tale, resource: string) =>
    tale.external("external/cloud", "applied", "cloud", "create", `${S}:0`, { resource });

  it("holds when the cloud applied what the step's output names", () => {
    const tale = new Tale().running();
    applied(tale, "server-1");
    tale.commit(tale.step(0, { status: "completed", output: note }));
    expect(judge(completedStepsWereApplied, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires on a step that was never applied, and on another resource", () => {
    const never = new Tale().running();
    never.commit(never.step(0, { status: "completed", output: note }));
    expect(judge(completedStepsWereApplied, never).message).toBe(
      "Step 0 (echo) of saga-1 was completed with server-1 at 0.000 s, but the cloud had applied nothing for it.",
    );
    const other = new Tale().running();
    applied(other, "server-2");
    other.commit(other.step(0, { status: "completed", output: note }));
    expect(judge(completedStepsWereApplied, other).message).toContain("had applied create to server-2");
  });
});

describe("A15, compensation has a cause", () => {
  it.each([
    ["a cancel", { cancelRequested: true }, "completed"],
    ["a failed step", {}, "failed"],
  ])("holds after %s", (_, run, status) => {
    const tale = new Tale().running();
    tale.commit({ ...tale.step(0, { status }), ...tale.row({ ...run, status: "compensating" }) });
    expect(judge(compensationHasACause, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires on a run that turns back for nothing", () => {
    const tale = new Tale().running().completes(0);
    tale.run({ status: "compensating" });
    expect(judge(compensationHasACause, tale).message).toBe(
      "saga-1 began to be compensated at 0.000 s, though nobody had cancelled it and no step had failed.",
    );
  });
});
