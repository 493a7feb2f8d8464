import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CircuitBreaker, throughBreaker } from "../../../src/model/actors/breaker.js";
import {
  BREAKER_OUTCOMES,
  type BreakerConfig,
  type BreakerOutcome,
  type Permit,
} from "../../../src/model/actors/breaker-api.js";
import type { Host } from "../../../src/sim/host.js";
import { MINUTE, SECOND } from "../../../src/sim/time.js";
import { BreakerModel } from "./breaker-model.js";
import { onHost } from "./on-host.js";

const CONFIG: BreakerConfig = {
  name: "payments",
  failureRatio: 0.5,
  minimumCalls: 10,
  windowCalls: 100,
  windowTime: 60 * SECOND,
  openFor: 30 * SECOND,
  probes: 5,
  halfOpenFor: 10 * SECOND,
  successesToClose: 3,
};

const make = (host: Host, parts: Partial<BreakerConfig> = {}) =>
  new CircuitBreaker(host, { ...CONFIG, ...parts });

function admit(breaker: CircuitBreaker): Permit {
  const admission = breaker.admit();
  if (!admission.admitted) throw new Error(`refused while ${breaker.state}`);
  return admission.permit;
}

function calls(breaker: CircuitBreaker, outcome: BreakerOutcome, times: number): void {
  for (let i = 0; i < times; i++) admit(breaker).report(outcome);
}

describe("a closed breaker", () => {
  it("opens at half failures, of ten calls at least", async () => {
    await onHost((host) => {
      const breaker = make(host);
      calls(breaker, "failure", 9);
      expect(breaker.state).toBe("closed");
      calls(breaker, "failure", 1);
      expect(breaker.state).toBe("open");
      const other = make(host);
      calls(other, "success", 6);
      calls(other, "failure", 5);
      expect(other.state).toBe("closed");
      calls(other, "failure", 1);
      expect(other.state).toBe("open");
    });
  });

  it("goes by the last hundred calls, and those of the last minute", async () => {
    await onHost(async (host) => {
      const breaker = make(host);
      calls(breaker, "success", 300);
      calls(breaker, "failure", 49);
      expect(breaker.state).toBe("closed");
      await host.sleep(61 * SECOND);
      calls(breaker, "failure", 9);
      expect(breaker.state).toBe("closed");
      calls(breaker, "failure", 1);
      expect(breaker.state).toBe("open");
    });
  });

  it("does not count declines", async () => {
    await onHost((host) => {
      const breaker = make(host);
      calls(breaker, "decline", 50);
      calls(breaker, "failure", 9);
      expect(breaker.state).toBe("closed");
    });
  });

  it("counts what is reported twice once", async () => {
    await onHost((host) => {
      const breaker = make(host);
      calls(breaker, "failure", 8);
      const permit = admit(breaker);
      permit.report("failure");
      permit.report("failure");
      expect(breaker.state).toBe("closed");
    });
  });
});

describe("an open breaker", () => {
  it("refuses all calls until its time is over, and says when that is", async () => {
    await onHost(async (host) => {
      const breaker = make(host);
      calls(breaker, "failure", 10);
      await host.sleep(10 * SECOND);
      expect(breaker.admit()).toEqual({ admitted: false, retryAfter: 20 * SECOND });
      await host.sleep(20 * SECOND);
      expect(breaker.admit().admitted).toBe(true);
      expect(breaker.state).toBe("half-open");
    });
  });
});

describe("a half-open breaker", () => {
  async function halfOpen(host: Host): Promise<CircuitBreaker> {
    const breaker = make(host);
    calls(breaker, "failure", 10);
    await host.sleep(30 * SECOND);
    return breaker;
  }

  it("lets five calls try, and closes after three successes", async () => {
    await onHost(async (host) => {
      const breaker = await halfOpen(host);
      const permits = [1, 2, 3, 4, 5].map(() => admit(breaker));
      expect(breaker.admit().admitted).toBe(false);
      permits[4]?.report("success");
      permits[0]?.report("success");
      expect(breaker.admit().admitted).toBe(false);
      permits[2]?.report("success");
      expect(breaker.state).toBe("closed");
      // Outcomes from before it closed are not those of the new window.
      calls(breaker, "failure", 9);
      permits[1]?.report("failure");
      expect(breaker.state).toBe("closed");
    });
  });

  it("opens at one failure, and gives a declined call's place to another", async () => {
    await onHost(async (host) => {
      const breaker = await halfOpen(host);
      const permits = [1, 2, 3, 4, 5].map(() => admit(breaker));
      permits[0]?.report("decline");
      admit(breaker);
      permits[1]?.report("failure");
      expect(breaker.state).toBe("open");
    });
  });

  it("opens again when its calls never come to anything", async () => {
    await onHost(async (host) => {
      const breaker = await halfOpen(host);
      for (let i = 0; i < 5; i++) admit(breaker);
      await host.sleep(10 * SECOND);
      expect(breaker.admit().admitted).toBe(false);
      expect(breaker.state).toBe("open");
      await host.sleep(30 * SECOND);
      calls(breaker, "success", 3);
      expect(breaker.state).toBe("closed");
    });
  });

  it("does not go by a call from before it opened", async () => {
    await onHost(async (host) => {
      const breaker = make(host);
      const late = admit(breaker);
      const later = admit(breaker);
      calls(breaker, "failure", 10);
      await host.sleep(30 * SECOND);
      admit(breaker);
      late.report("failure");
      expect(breaker.state).toBe("half-open");
      later.report("success");
      calls(breaker, "success", 2);
      expect(breaker.state).toBe("half-open");
    });
  });
});

describe("a call through a breaker", () => {
  it("is reported by what it came to, or refused", async () => {
    await onHost(async (host) => {
      const breaker = make(host);
      const call = (result: number) =>
        throughBreaker(
          breaker,
          async () => result,
          (n) => (n < 0 ? "failure" : "success"),
        );
      expect(await call(1)).toEqual({ admitted: true, result: 1 });
      for (let i = 0; i < 10; i++) await call(-1);
      expect(await call(1)).toEqual({ admitted: false, retryAfter: 30 * SECOND });
    });
  });
});

describe("a breaker's configuration", () => {
  it.each([
    [{ minimumCalls: 0 }, "breaker payments: minimumCalls: expected a whole number, from 1 to 100, got 0"],
    [{ failureRatio: 50 }, "breaker payments: failureRatio: expected a share above 0, at most 1, got 50"],
    [{ openFor: Number.NaN }, "breaker payments: openFor: expected whole microseconds, 1 or more, got NaN"],
    [{ probes: 2 }, "breaker payments: probes: expected a whole number, 3 or more, got 2"],
  ])("is refused with %o", async (parts, message) => {
    await onHost((host) => {
      expect(() => make(host, parts)).toThrow(new RangeError(message));
    });
  });
});

describe("a breaker and its reference model", () => {
  type Step =
    | { readonly kind: "admit" }
    | { readonly kind: "report"; readonly pick: number; readonly outcome: BreakerOutcome }
    | { readonly kind: "wait"; readonly ms: number };

  const outcome = fc.constantFrom(...BREAKER_OUTCOMES);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: "admit" }) },
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant("report" as const), pick: fc.nat({ max: 999 }), outcome }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
    },
  );
  const config = fc
    .record({
      failureRatio: fc.constantFrom(0.3, 0.5, 1),
      windowCalls: fc.integer({ min: 3, max: 8 }),
      minimumCalls: fc.integer({ min: 1, max: 3 }),
      probes: fc.integer({ min: 2, max: 4 }),
      successesToClose: fc.integer({ min: 1, max: 2 }),
    })
    .map((parts): BreakerConfig => ({ ...CONFIG, ...parts }));

  /** Does the same to both; a difference is what the test fails by. */
  async function compare(config: BreakerConfig, steps: readonly Step[]): Promise<void> {
    await onHost(
      async (host) => {
        const breaker = make(host, config);
        const model = new BreakerModel(config);
        const permits: Permit[] = [];
        for (const step of steps) {
          const now = host.clock.monotonic();
          if (step.kind === "wait") await host.sleep(step.ms * 1_000);
          else if (step.kind === "admit") {
            const admission = breaker.admit();
            expect(admission.admitted).toBe(model.admit(permits.length, now));
            if (admission.admitted) permits.push(admission.permit);
          } else if (permits.length > 0) {
            const name = step.pick % permits.length;
            permits[name]?.report(step.outcome);
            model.report(name, step.outcome, now);
          }
          expect(breaker.state).toBe(model.state);
        }
      },
      { duration: 100 * MINUTE },
    );
  }

  it("agree on each call, and on states", async () => {
    await fc.assert(fc.asyncProperty(config, fc.array(step, { maxLength: 120, size: "max" }), compare), {
      numRuns: 300,
    });
  });
});
