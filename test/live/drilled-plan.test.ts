import { describe, expect, it } from "vitest";
import { planFrom, planText } from "../../src/explore/formats/plan-file.js";
import { planAsItWas } from "../../src/live/drilled-plan.js";
import { serversOf } from "../../src/live/faults.js";
import { pipelineDrill } from "../../src/scenarios/pipeline/drill.js";
import { SECOND } from "../../src/sim/time.js";
import { HistoryBuilder } from "../support/history-builder.js";

const options = { length: 15 * SECOND, control: true, defects: [], knobs: {} };
const { plan } = pipelineDrill.plan(1, options);
const { history } = new HistoryBuilder().at(9);
history.add(9 * SECOND, "shop-1", -1, { kind: "goal", goal: "an order" });
const { events } = history;
const [server = ""] = serversOf(plan);

describe("the plan of a drill as it was", () => {
  it("has the faults that struck, with the times and the targets that they had", () => {
    const cut = { id: "c", kind: "cut", at: SECOND, for: SECOND, target: "leader/orders" } as const;
    const struck = { fault: cut, from: 1_200_000, to: 2_300_000, targets: [server], others: ["nats-x"] };
    expect(planAsItWas(plan, [struck], { how: "complete" }, events)).toEqual({
      ...plan,
      faults: [
        {
          id: "c",
          kind: "partition",
          at: 1_200_000,
          for: 1_100_000,
          a: [server],
          b: ["nats-x"],
          oneWay: false,
        },
      ],
    });
  });

  it("ends where a drill broke off, and has nothing that was to come", () => {
    const { healAt, duration, workload, faults } = planAsItWas(plan, [], { how: "interrupted" }, events);
    expect([healAt, duration, faults]).toEqual([9 * SECOND, 9 * SECOND, []]);
    expect(workload.every(({ at }) => at <= 9 * SECOND)).toBe(true);
  });

  it("is no calm one where a disk was full, and can be read as any plan", () => {
    const full = { how: "stopped", why: "full", message: "it is" } as const;
    const asItWas = planAsItWas(plan, [], full, events);
    expect(asItWas.faults.map((fault) => [fault.kind, "target" in fault && fault.target])).toEqual(
      serversOf(plan).map((id) => ["disk-full", id]),
    );
    expect(planFrom(JSON.parse(planText(asItWas)), [pipelineDrill])).toEqual(asItWas);
    const unread = { ...full, why: "unread" } as const;
    expect(planAsItWas(plan, [], unread, events).faults).toEqual([]);
  });
});
