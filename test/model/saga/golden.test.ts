/** The two runs that the source tells in full. */
import { describe, expect, it } from "vitest";
import { SECOND } from "../../../src/sim/time.js";
import { edges, engine, operation, start } from "./engine.js";

const ECHO = "Steps.Echo";
const FAIL = "Steps.Fail";

describe("three echoes", () => {
  it("complete, each having left its word in the context", async () => {
    const told = await engine({
      operations: [start(SECOND, "s1", [ECHO, ECHO, ECHO], { message: "hello" })],
    });
    expect(edges(told, "s1")).toEqual(["pending", "running", "completed"]);
    expect(told.rows["run/s1"]).toMatchObject({
      status: "completed",
      currentStepIdx: 3,
      error: null,
      context: {
        __inputs__: { message: "hello" },
        echoed_at_step_0: "hello",
        echoed_at_step_1: "hello",
        echoed_at_step_2: "hello",
      },
    });
    expect([0, 1, 2].map((idx) => told.rows[`step/s1/${idx}`]?.status)).toEqual([
      "completed",
      "completed",
      "completed",
    ]);
  });
});

describe("two echoes and a failure", () => {
  const list = operation(10 * SECOND, "list", {});
  const steps = operation(10 * SECOND, "list-steps", { sagaId: "s2" });
  const run = () =>
    engine({ operations: [start(SECOND, "s2", [ECHO, ECHO, FAIL], { message: "hello" }), list, steps] });

  it("are rolled back, with the index that compensation began at and the step that failed", async () => {
    const told = await run();
    expect(edges(told, "s2")).toEqual(["pending", "running", "compensating", "rolled_back"]);
    expect(told.rows["run/s2"]?.error).toEqual({ compensate_from_idx: 1, reason: "step_failed:fail" });
    expect(told.answer(list.id)?.value).toMatchObject([
      { id: "s2", status: "rolled_back", error: { compensate_from_idx: 1, reason: "step_failed:fail" } },
    ]);
  });

  it("are compensated, compensated and failed in the ledger", async () => {
    const told = await run();
    expect(told.answer(steps.id)?.value).toMatchObject([
      { stepIdx: 0, name: "echo", status: "compensated" },
      { stepIdx: 1, name: "echo", status: "compensated" },
      { stepIdx: 2, name: "fail", status: "failed" },
    ]);
  });

  it("are compensated from the second step down to the first", async () => {
    const told = await run();
    const compensated = told
      .of("durable")
      .flatMap(({ writes }) => writes)
      .filter(({ value }) => (value as { status?: string } | null)?.status === "compensated")
      .map(({ key }) => key);
    expect(compensated).toEqual(["step/s2/1", "step/s2/0"]);
  });
});
