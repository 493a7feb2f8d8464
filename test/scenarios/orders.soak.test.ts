import { describe, expect, it } from "vitest";
import { ordersScenarios } from "../../src/scenarios/orders/index.js";
import { ordersSystem } from "../../src/scenarios/orders/system.js";
import { runOn } from "../../src/storm/run.js";

/** Defects, each with a scenario in which one of few universes is enough; what shows on a quiet day is tested apart. */
const SHOWS: Readonly<Record<string, string>> = {
  PW3: "orders-payment-outage",
  PW4: "orders-carriers",
  PW6: "orders-burst",
  PW16: "orders-cancels",
  "decline-counted-as-failure": "orders-declines",
  "lost-reply-taken-for-decline": "orders-payment-outage",
  "retry-after-ignored": "orders-burst",
  "webhook-conflict-taken": "orders-late-webhooks",
  "sweep-ends": "orders-stuck-reservations",
  "given-up-stays-down": "orders-killed-service",
  "carrier-wait-ignored": "orders-busy-carriers",
  "version-unchecked": "orders-stock-races",
  "label-token-fresh": "orders-carriers",
  "retry-out-of-stock": "orders-stock-races",
  "reservation-not-committed": "orders-carriers",
  "dead-letter-forgotten": "orders-declines",
  "cancel-any-time": "orders-cancels",
  "poison-settles-never": "orders-poison",
  "refusal-counted-as-failure": "orders-declines",
  "gateway-checks-ids-alone": "orders-gateway",
  "waits-add-up": "orders-burst",
  "copies-carried-out": "orders-copies",
  "release-leaves-nothing": "orders-reservations",
  "spent-token-again": "orders-carriers",
  "store-time-goes-on": "orders-store-outage",
};
const ENOUGH = 60;

/** Universes of a sound scenario. */
const AT_LEAST = 15;
const AT_MOST = 40;

describe("planted defects of order processing", () => {
  it.each(Object.entries(SHOWS))(
    "%s is caught in %s by a property that is named for it",
    async (id, where) => {
      const each = ordersScenarios.find((candidate) => candidate.id === where);
      if (each === undefined) throw new RangeError(`no scenario "${where}"`);
      const expected = ordersSystem.defects.find((defect) => defect.id === id)?.caughtBy ?? [];
      for (let seed = 1; seed <= ENOUGH; seed++) {
        const { violations } = await runOn(ordersSystem, each.plan(seed, { defects: [id] }));
        if (violations.some(({ property }) => expected.includes(property))) return;
      }
      expect.unreachable(`${id} was not caught within ${ENOUGH} universes of ${where}`);
    },
  );
});

describe.each(ordersScenarios)("$id", (each) => {
  it("holds, and within forty universes each fault strikes that it promises, and its goals are reached", async () => {
    const fired = new Set<string>();
    const goals = new Set<string>();
    const isComplete = () =>
      each.mustFire.every((kind) => fired.has(kind)) && each.goals.every((goal) => goals.has(goal));
    for (let seed = 1; seed <= AT_LEAST || (seed <= AT_MOST && !isComplete()); seed++) {
      const outcome = await runOn(ordersSystem, each.plan(seed));
      expect(outcome.violations, `seed ${seed}`).toEqual([]);
      for (const [kind, { fired: times }] of Object.entries(outcome.faults)) if (times > 0) fired.add(kind);
      for (const goal of Object.keys(outcome.goals)) goals.add(goal);
    }
    expect(each.mustFire.filter((kind) => !fired.has(kind))).toEqual([]);
    expect(each.goals.filter((goal) => !goals.has(goal))).toEqual([]);
  });
});
