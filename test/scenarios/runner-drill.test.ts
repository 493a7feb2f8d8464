/** What a seed draws for the runner's drill; the drill itself needs a server (`test/live/runner-drill.soak.test.ts`). */
import { describe, expect, it } from "vitest";
import { checkFaults, serversOf } from "../../src/live/faults.js";
import { runnerDrill } from "../../src/scenarios/runner/drill.js";
import { SECOND } from "../../src/sim/time.js";

const LENGTH = 30 * SECOND;
const options = { length: LENGTH, control: false, defects: [], knobs: {} };

describe("the runner's drill", () => {
  it("draws the same for the same seed, and other things for another", () => {
    expect(runnerDrill.plan(7, options)).toEqual(runnerDrill.plan(7, options));
    expect(runnerDrill.plan(8, options)).not.toEqual(runnerDrill.plan(7, options));
  });

  it("has two nodes on three servers, and faults that can be done", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { plan, faults } = runnerDrill.plan(seed, options);
      expect(serversOf(plan)).toHaveLength(3);
      expect(plan.topology.filter(({ role }) => role === "runner")).toHaveLength(2);
      expect(checkFaults(faults, plan, runnerDrill)).toEqual(faults);
    }
  });

  it("kills each node, drains each, starts it again, and leaves none down at the end", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { plan, faults } = runnerDrill.plan(seed, options);
      for (const node of ["runner-1", "runner-2"]) {
        const kills = faults.filter((fault) => fault.kind === "crash" && fault.target === node);
        expect(kills.length).toBeGreaterThan(0);
        const asked = (path: string): number =>
          plan.workload.find(({ body }) => {
            const ask = body as { readonly node?: string; readonly path?: string };
            return ask.node === node && ask.path === path;
          })?.at ?? -1;
        expect(asked("/admin/drain")).toBeGreaterThan(0);
        expect(asked("/admin/start")).toBeGreaterThan(asked("/admin/drain"));
        expect(asked("/admin/start")).toBeLessThanOrEqual(LENGTH);
      }
    }
  });

  it("has orders, poison and a replay, and in a control no faults and no drains", () => {
    const { plan, faults } = runnerDrill.plan(3, { ...options, control: true });
    const actions = plan.workload.map(({ action }) => action);
    expect(new Set(actions)).toEqual(new Set(["submit", "poison", "ask", "replay"]));
    expect(faults).toEqual([]);
    expect(JSON.stringify(plan.workload)).not.toContain("/admin/drain");
  });

  it("refuses a knob that nobody knows", () => {
    expect(() => runnerDrill.plan(1, { ...options, knobs: { streamReplica: 1 } })).toThrow(
      "knobs.streamReplica: no such knob",
    );
  });
});
