import { describe, expect, it } from "vitest";
import { ordersScenarios } from "../../src/scenarios/orders/index.js";
import { ordersSystem } from "../../src/scenarios/orders/system.js";
import { runOn } from "../../src/storm/run.js";
import type { Outcome, Scenario } from "../../src/storm/scenario.js";
import { verifyOn } from "../../src/storm/verify.js";

const messages = ({ violations }: Outcome) =>
  violations.map(({ property, message }) => `${property}: ${message}`);

function scenario(id: string): Scenario {
  const found = ordersScenarios.find((candidate) => candidate.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe.each(["orders-calm", "orders-over-broker", "orders-storm"].map(scenario))("$id", (each) => {
  it("holds in a universe, the same way twice", async () => {
    const plan = each.plan(3);
    expect(messages(await runOn(ordersSystem, plan))).toEqual([]);
    expect((await verifyOn(ordersSystem, plan)).divergence).toBeUndefined();
  });
});

/** Some defects, each with a scenario in which one of few universes is enough. */
const SHOWS: Readonly<Record<string, string>> = {
  PW5: "orders-calm",
  PW18: "orders-configuration",
  "retry-without-backoff": "orders-calm",
  "webhook-unsigned": "orders-calm",
  "event-outside-transaction": "orders-calm",
  "confirmed-whatever": "orders-calm",
  "conflict-accepted": "orders-calm",
  "event-dropped-untaken": "orders-over-broker",
};
const ENOUGH = 12;

describe("planted defects of order processing", () => {
  it.each(Object.entries(SHOWS))(
    "%s is caught in %s by a property that is named for it",
    async (id, where) => {
      const expected = ordersSystem.defects.find((defect) => defect.id === id)?.caughtBy ?? [];
      for (let seed = 1; seed <= ENOUGH; seed++) {
        const { violations } = await runOn(ordersSystem, scenario(where).plan(seed, { defects: [id] }));
        if (violations.some(({ property }) => expected.includes(property))) return;
      }
      expect.unreachable(`${id} was not caught within ${ENOUGH} universes of ${where}`);
    },
  );
});
