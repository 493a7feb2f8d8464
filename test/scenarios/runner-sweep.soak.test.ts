/** The whole sweep: every crash point and every moment of every host, for an order that is completed and one that is taken back. */
import { describe, expect, it } from "vitest";
import { DECLINED_CENTS } from "../../src/model/runner/providers.js";
import { crashedAt, pointsOf, workflow } from "../model/runner/sweep.js";

const HOSTS = ["runner-1", "runner-2", "gateway", "store", "broker-1"] as const;
/** What they do differs little from what `broker-1` does: one workflow is enough. */
const OTHER_BROKERS = ["broker-2", "broker-3"] as const;

const declined = (() => {
  const plan = workflow();
  const workload = plan.workload.map((operation) =>
    operation.id !== "place-1"
      ? operation
      : {
          ...operation,
          body: {
            ...(operation.body as object),
            payload: { item: "item-1", quantity: 2, cents: DECLINED_CENTS },
          },
        },
  );
  return { ...plan, workload };
})();

const short = (() => {
  const plan = workflow();
  const workload = plan.workload.map((operation) =>
    operation.id !== "place-1"
      ? operation
      : {
          ...operation,
          body: { ...(operation.body as object), payload: { item: "item-1", quantity: 10, cents: 500 } },
        },
  );
  return { ...plan, workload };
})();

describe.each([
  ["that is completed", workflow(), "completed", [...HOSTS, ...OTHER_BROKERS]],
  ["whose charge is declined", declined, "rejected", HOSTS],
  ["that is taken back for want of stock", short, "rejected", HOSTS],
] as const)("a workflow %s", (_, plan, ends, hosts) => {
  it.each(hosts)("does nothing twice and loses nothing, wherever %s crashes", async (host) => {
    const points = (await pointsOf(plan)).filter((point) => point.host === host);
    expect(points.length).toBeGreaterThan(host.startsWith("runner") ? 0 : 20);
    const flaws: string[] = [];
    const endings = new Set<string>();
    for (const point of points) {
      const ending = await crashedAt(plan, point);
      flaws.push(...ending.flaws);
      endings.add(ending.status);
    }
    expect(flaws).toEqual([]);
    expect(endings).toContain(ends);
  });
});

describe("the sweep", () => {
  it("finds that an order is charged twice after a crash of its node with NW1", async () => {
    const plan = workflow({}, ["NW1"]);
    const points = (await pointsOf(plan)).filter(
      ({ host, name }) => host.startsWith("runner-") && !name.endsWith("message-acquired"),
    );
    const flaws: string[] = [];
    for (const point of points) flaws.push(...(await crashedAt(plan, point)).flaws);
    expect(flaws.filter((flaw) => flaw.includes(": effect-once: "))).not.toEqual([]);
  });
});
