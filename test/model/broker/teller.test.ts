import { describe, expect, it } from "vitest";
import { findScenario, run } from "../../../src/scenarios/index.js";
import { SECOND } from "../../../src/sim/time.js";

describe("a teller that comes up again", () => {
  it("makes its transfers anew, no two of which write the same", async () => {
    const plan = findScenario("broker-calm")?.plan(1);
    if (plan === undefined) throw new Error("there is no such scenario");
    const crash = { id: "f1", kind: "crash", at: 8 * SECOND, for: SECOND, target: "teller-1" } as const;
    const { verdict, history } = await run({ ...plan, faults: [crash] });
    const calls = history.flatMap((event) =>
      event.kind === "client" && event.operation === "transfer" && event.phase === "call"
        ? [event.requestId]
        : [],
    );
    expect(calls.filter((id) => id.endsWith(".1.2"))).not.toHaveLength(0);
    expect(new Set(calls).size).toBe(calls.length);
    expect(verdict).toBe("held");
  });
});
