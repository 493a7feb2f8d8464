/** The harness tests itself: a checker that is broken is noticed, by a defect that it misses or by an alarm without one. */
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { RunPool } from "../../src/explore/runs/pool.js";
import { compiled } from "../support/compiled.js";
import {
  BOUND_FROM_THE_FAULT,
  type Checker,
  type Flaw,
  INFO_AS_FAIL,
  twin,
  WRONG_KEY,
} from "../support/flawed-checkers.js";
import { command, type Said } from "./support.js";

beforeAll(() => compiled());

function defectsOf(flaw: Flaw, checker: Checker, ...args: string[]): Promise<Said> {
  const url = (file: string): string => pathToFileURL(`${compiled()}/${file}`).href;
  const files = {
    worker: url("src/explore/runs/worker.js"),
    registry: url("test/support/flawed-checkers.js"),
  };
  const simulator = {
    scenarios: [twin(flaw, checker)],
    pool: (options: object) => new RunPool({ ...options, ...files }),
  };
  return command(["defects", "--blocks", "1", "--no-shrink", "-j", "2", ...args], {
    simulator,
    columns: 160,
  });
}

describe("a property that looks at the wrong key", () => {
  it("misses the defect that it must catch", async () => {
    expect((await defectsOf(WRONG_KEY, "sound", "--budget", "12")).code).toBe(0);
    const { code, out } = await defectsOf(WRONG_KEY, "flawed", "--budget", "12");
    expect(code).toBe(1);
    expect(out).toContain("✗ GW3 was not caught by no-double-effect within 12 runs");
  });
});

describe("a property that treats an info as a fail", () => {
  it("misses the defect that it must catch", async () => {
    expect((await defectsOf(INFO_AS_FAIL, "sound", "--budget", "12")).code).toBe(0);
    const { code, out } = await defectsOf(INFO_AS_FAIL, "flawed", "--budget", "12");
    expect(code).toBe(1);
    expect(out).toContain(
      "✗ reservation-never-released was not caught by every-webhook-is-answered within 12 runs",
    );
  });
});

describe("a bound that is measured from the fault's start", () => {
  const withControl = ["--budget", "40", "--control", "20"];

  it("raises an alarm where there is no defect", async () => {
    const sound = await defectsOf(BOUND_FROM_THE_FAULT, "sound", ...withControl);
    expect([sound.code, sound.out]).toEqual([0, expect.stringMatching(/control: 20 runs .+: no alarm/)]);
    const { code, out } = await defectsOf(BOUND_FROM_THE_FAULT, "flawed", ...withControl);
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ flawed-bound-from-the-fault with seed \d+ raised an alarm without any defect: replica-lag-is-bounded .+ should have had/,
    );
  });
});
