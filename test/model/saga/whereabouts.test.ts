/** Runs that never end, for different causes: what is said of each differs. */
import { describe, expect, it } from "vitest";
import { everyRunEnds } from "../../../src/model/saga/properties/liveness.js";
import type { Json } from "../../../src/sim/plan.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

/** What is said of a run that stands still, with these rows beside it. */
function told(rows: { readonly [key: string]: Json }): string {
  const history = new HistoryBuilder();
  const run = { id: "saga-1", status: "running", stepModules: ["a"], currentStepIdx: 0, context: {} };
  history.at(2).durable("db", "provisioning@db", 1, { "run/saga-1": run, ...rows });
  return judge(everyRunEnds, history).message.split("since 2.000 s: ")[1] ?? "";
}

const job = (state: string, attempt: number) => ({
  "job/job-1": { id: "job-1", sagaId: "saga-1", state, attempt, availableAt: 9_000_000 },
});
const lease = (holder: string | null) => ({
  "lease/saga-1": { sagaId: "saga-1", holder, epoch: 1, since: 0, until: 8_000_000 },
});

describe("a run that never ends", () => {
  it("is said to have no job, where that is why", () => {
    expect(told({})).toBe("there is no job for it, and it never had a lease.");
  });

  it("is said to be held by a runner, where that is why", () => {
    expect(told({ ...job("executing", 3), ...lease("runner-1#1") })).toBe(
      "job-1 is executing, begun 3 times, claimable from 9.000 s, and runner-1#1 has its lease until 8.000 s.",
    );
  });

  it("is said to wait for somebody to take it up, where that is why", () => {
    expect(told({ ...job("available", 0), ...lease(null) })).toBe(
      "job-1 is available, begun 0 times, claimable from 9.000 s, and nobody has its lease.",
    );
  });
});
