import { describe, expect, it } from "vitest";
import { parsePlan, planText } from "../../src/explore/formats/plan-file.js";
import { findScenario, run, scenarios } from "../../src/scenarios/index.js";
import { DAMAGE, type Fault } from "../../src/sim/faults/catalogue.js";
import type { Plan } from "../../src/sim/plan.js";
import { AROUND_THERE, THERE } from "../../src/sim/triggers.js";
import { type Scenario, STRATEGIES } from "../../src/storm/scenario.js";

const drawn = scenarios.filter(({ strategy }) => strategy !== undefined);
const seeds = Array.from({ length: 60 }, (_, i) => i + 1);
const few = seeds.slice(0, 15);

function stormScenario(): Scenario {
  const storm = findScenario("storm");
  if (storm === undefined) throw new Error("there is no storm");
  return storm;
}

const aimed = ({ faults }: Plan): Fault[] => faults.filter(({ trigger }) => trigger !== undefined);

describe.each(drawn.map((scenario) => [scenario.id, scenario] as const))(
  "strategies for %s",
  (_, scenario) => {
    it("draw plans that can be written down and read back", () => {
      for (const strategy of STRATEGIES) {
        for (const seed of few) {
          const plan = scenario.plan(seed, { strategy });
          expect(parsePlan(planText(plan), [scenario])).toEqual(plan);
        }
      }
    });

    it("change nothing but the faults, and of those the times and the company", () => {
      for (const seed of few) {
        const [first, ...others] = STRATEGIES.map((strategy) => ({
          ...scenario.plan(seed, { strategy }),
          faults: [],
        }));
        for (const other of others) expect(other).toEqual(first);
      }
      const mean = (strategy: (typeof STRATEGIES)[number]) =>
        seeds.reduce((sum, seed) => sum + scenario.plan(seed, { strategy }).faults.length, 0) / seeds.length;
      for (const strategy of STRATEGIES) {
        expect(mean(strategy) / mean("swarm")).toBeGreaterThan(0.7);
        expect(mean(strategy) / mean("swarm")).toBeLessThan(1.4);
      }
    });

    it("use the scenario's own when none is asked for", () => {
      const { strategy } = scenario;
      for (const seed of few.slice(0, 5)) {
        expect(scenario.plan(seed)).toEqual(scenario.plan(seed, strategy === undefined ? {} : { strategy }));
      }
    });

    it("aim about half of the faults at moments, and only when asked to", () => {
      // Some draw few faults a universe: a share needs many. An upgrade is planned by people: it waits for no moment.
      const shares = Array.from({ length: 300 }, (_, i) => {
        const plan = scenario.plan(i + 1, { strategy: "aimed" });
        const drawn = plan.faults.filter(({ kind }) => kind !== "upgrade");
        return { aimed: aimed({ ...plan, faults: drawn }).length, all: drawn.length };
      });
      const sum = (key: "aimed" | "all") => shares.reduce((total, share) => total + share[key], 0);
      expect(sum("aimed") / sum("all")).toBeGreaterThan(0.35);
      expect(sum("aimed") / sum("all")).toBeLessThan(0.65);
      for (const strategy of ["random", "swarm"] as const) {
        for (const seed of few) expect(aimed(scenario.plan(seed, { strategy }))).toEqual([]);
      }
    });

    it("let no fault that is aimed damage a disk where the moment happens to come", () => {
      for (const seed of seeds) {
        for (const fault of scenario.plan(seed, { strategy: "aimed" }).faults) {
          if (!DAMAGE.has(fault.kind) || !("target" in fault)) continue;
          expect([THERE, ...AROUND_THERE]).not.toContain(fault.target);
        }
      }
    });
  },
);

describe("the storm", () => {
  it("differs from universe to universe in its topology and its settings", () => {
    const plans = seeds.map((seed) => stormScenario().plan(seed));
    const replicas = new Set(
      plans.map(({ topology }) =>
        topology
          .filter(({ role }) => role.startsWith("replica"))
          .map(({ role }) => role)
          .join(),
      ),
    );
    expect(replicas.size).toBe(4);
    for (const knob of ["visibility", "leaseTtl", "reservation", "workerConcurrency", "raft.snapshotEvery"]) {
      expect(new Set(plans.map(({ knobs }) => knobs[knob])).size).toBeGreaterThan(3);
    }
  });

  it("damages no disk where a witness is one of three members", () => {
    const plans = seeds
      .map((seed) => stormScenario().plan(seed))
      .filter(({ topology }) => topology.some(({ role }) => role === "replica-witness"));
    expect(plans.length).toBeGreaterThan(2);
    for (const { faults } of plans) expect(faults.filter(({ kind }) => DAMAGE.has(kind))).toEqual([]);
  });

  it("keeps settings that were asked for", () => {
    const plan = stormScenario().plan(3, { knobs: { visibility: 7_654_321 } });
    expect(plan.knobs.visibility).toBe(7_654_321);
  });

  it("has faults that began at their moments, in most universes", async () => {
    let met = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const { history } = await run(stormScenario().plan(seed));
      if (history.some((event) => event.kind === "fault" && event.there !== undefined)) met++;
    }
    expect(met).toBeGreaterThan(3);
  });
});
