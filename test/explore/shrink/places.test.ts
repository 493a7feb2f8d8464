import { describe, expect, it } from "vitest";
import { removableHosts, withExpendable } from "../../../src/explore/shrink/places.js";
import { findScenario, run, systems } from "../../../src/scenarios/index.js";
import type { Plan } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import type { System } from "../../../src/storm/scenario.js";
import { calm, toySystem } from "../../support/toy.js";

const idsOf = ({ topology }: Plan): string[] => topology.map(({ id }) => id);

describe("taking hosts out of a plan", () => {
  const plan = calm.plan(1);
  const wanting = (minHosts: System["minHosts"]): System =>
    minHosts === undefined ? toySystem : { ...toySystem, minHosts };

  it("touches only roles that the system calls minHosts", () => {
    const system = wanting({ worker: 0 });
    expect(removableHosts(plan, system)).toEqual(["spare-1", "spare-2"]);
    expect(idsOf(withExpendable(plan, system, []))).toEqual(["ledger", "client-1", "client-2"]);
  });

  it("touches nothing where the system says nothing", () => {
    const { minHosts: _, ...system } = toySystem;
    expect(removableHosts(plan, system)).toEqual([]);
    expect(withExpendable(plan, system, [])).toEqual(plan);
  });

  it("leaves as many as the system needs, those that were to stay before others", () => {
    const system = wanting({ client: 1, worker: 1 });
    expect(idsOf(withExpendable(plan, system, []))).toEqual(["ledger", "client-1", "spare-1"]);
    expect(idsOf(withExpendable(plan, system, ["client-2"]))).toEqual(["ledger", "client-2", "spare-1"]);
  });

  it("takes along what the hosts were to do, and faults that then mean nobody", () => {
    const target = (id: string) => ({ kind: "crash", id, at: SECOND, for: SECOND, target: id }) as const;
    const struck: Plan = { ...plan, faults: [target("spare-1"), target("ledger")] };
    const small = withExpendable(struck, wanting({ client: 0, worker: 0 }), ["client-1"]);
    expect(new Set(small.workload.map(({ host }) => host))).toEqual(new Set(["client-1"]));
    expect(small.faults.map(({ id }) => id)).toEqual(["ledger"]);
  });
});

describe.each(systems.map((system) => ({ system, id: system.id })))("the $id", ({ system }) => {
  const calmest = system.id === "pipeline" ? "steady" : `${system.id}-calm`;
  const plan = findScenario(calmest)?.plan(1);
  if (plan === undefined) throw new Error(`there is no calm scenario of the ${system.id}`);

  it("calls roles minHosts that it has hosts of", () => {
    const roles = new Set(plan.topology.map(({ role }) => role));
    expect(Object.keys(system.minHosts ?? {}).filter((role) => !roles.has(role))).toEqual([]);
  });

  it.each(Object.keys(system.minHosts ?? {}))("holds with as few of role %s as it says", async (role) => {
    const kept = plan.topology.filter((host) => host.role !== role).map(({ id }) => id);
    expect((await run(withExpendable(plan, system, kept))).violations).toEqual([]);
  });

  it("holds with as few of all of them as it says", async () => {
    expect((await run(withExpendable(plan, system, []))).violations).toEqual([]);
  });
});
