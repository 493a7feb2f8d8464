import { describe, expect, it } from "vitest";
import { survivorsRunSagas } from "../../../src/model/saga/properties/survivors.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

/** A minute in which a runner is lost at 5 s, and in which a run of two steps is started at 25 s. */
function withoutRunner(): HistoryBuilder {
  const history = new HistoryBuilder({
    faults: [{ kind: "host-loss", id: "f-1", at: 5 * SECOND, target: "runner-1" }],
  });
  history.at(5).add("runner-1", { kind: "host", phase: "gone", incarnation: 1 });
  return run(history.at(25), 1, "running");
}

function run(history: HistoryBuilder, txn: number, status: string): HistoryBuilder {
  const row = { id: "saga-1", status, stepModules: ["a", "b"], currentStepIdx: 1, context: {} };
  history.durable("db", "provisioning@db", txn, { "run/saga-1": row });
  return history;
}

describe("survivors run sagas", () => {
  it("holds when a run is over in time while the loss lasts", () => {
    expect(judge(survivorsRunSagas, run(withoutRunner().at(30), 2, "completed")).report).toMatchObject({
      verdict: "held",
      checked: 1,
    });
  });

  it("fires on a run that stays where it is, and says where", () => {
    expect(judge(survivorsRunSagas, withoutRunner()).message).toBe(
      "saga-1 was started at 25.000 s, with nothing wrong since 5.000 s but that runner-1 never came back, and was still running at step 1 at 60.000 s: there is no job for it, and it never had a lease.",
    );
  });

  it("fires on a question without an answer", () => {
    const history = run(withoutRunner().at(30), 2, "completed");
    history.at(40).client("call", "list", "q-1", "dep-1");
    expect(judge(survivorsRunSagas, history).message).toBe(
      "The list of dep-1 was asked for at 40.000 s, with nothing wrong since 5.000 s but that runner-1 never came back, and had no answer by 42.000 s.",
    );
  });
});
