import { describe, expect, it } from "vitest";
import { detection, growth, throughput, worstPayment } from "../../../src/model/orders/arithmetic.js";
import { configOf, ORDERS_DEFAULTS } from "../../../src/model/orders/knobs.js";
import { MILLISECOND, SECOND } from "../../../src/sim/time.js";

const source = configOf({ ...ORDERS_DEFAULTS, preset: "source" });
const tuned = configOf({ ...ORDERS_DEFAULTS, preset: "tuned" });

describe("arithmetic", () => {
  it("takes a pool of the design through eight sizes and 720 s of cooldowns from 5 to 50", () => {
    expect(growth(source.services.order.pool, 5, 50)).toEqual({
      sizes: [5, 7, 10, 15, 22, 32, 42, 50],
      time: 720 * SECOND,
    });
    expect(growth(tuned.services.order.pool, 5, 50).time).toBeLessThan(30 * SECOND);
  });

  it("lets the design's pools pass far fewer than a thousand orders a second, and the tuned ones more", () => {
    expect(throughput(source, 2)).toEqual({ perSecond: 173, narrowest: "payment" });
    expect(throughput(tuned, 2).perSecond).toBeGreaterThan(1_000);
  });

  it("adds up how long a dead instance is asked, and the worst payment takes", () => {
    expect([detection(source), detection(tuned)]).toEqual([25 * SECOND, 2_500 * MILLISECOND]);
    expect([worstPayment(source), worstPayment(tuned)]).toEqual([65 * SECOND, 25 * SECOND]);
  });
});
