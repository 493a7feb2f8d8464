import { describe, expect, it } from "vitest";
import { findScenario, run } from "../../src/scenarios/index.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { SECOND } from "../../src/sim/time.js";

const wipe = (target: string, id: string, at: number): Fault => ({
  kind: "disk-wipe",
  id,
  at,
  for: SECOND,
  target,
});

describe("a run that can't recover by design", () => {
  it("is called unrecoverable, and no liveness property is held against it", async () => {
    const plan = findScenario("steady")?.plan(1);
    if (plan === undefined) throw new Error("there is a scenario steady");
    const faults = [
      wipe("orders-aws-a", "f1", 10 * SECOND),
      wipe("orders-gcp-central", "f2", 10 * SECOND),
      wipe("orders-azure-west", "f3", 10 * SECOND),
    ];
    const outcome = await run({ ...plan, faults });
    expect(outcome.verdict).toBe("unrecoverable");
    expect(outcome.violations).toEqual([]);
    expect(outcome.properties.find(({ id }) => id === "every-webhook-is-answered")?.verdict).toBe(
      "unrecoverable",
    );
  });

  it("is not what a run is called that lost one disk of three", async () => {
    const plan = findScenario("steady")?.plan(1);
    if (plan === undefined) throw new Error("there is a scenario steady");
    const outcome = await run({ ...plan, faults: [wipe("orders-aws-a", "f1", 10 * SECOND)] });
    expect(outcome.verdict).toBe("held");
  });
});
