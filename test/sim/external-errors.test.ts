/** Typed errors of external services: statuses, limits with how long to wait, resets after the call was applied. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { type ExternalReply, TIMED_OUT, type TimedOut } from "../../src/sim/host.js";
import { tableOf } from "../../src/sim/random.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { universe } from "../support/universe.js";

const END = 20 * SECOND;
const timing = { id: "f", at: 0, for: 10 * SECOND, target: "external/bank" } as const;

/** Calls the bank so often, one after the other; what it answered and what its ledger has. */
async function calls(fault: Fault, times: number) {
  const world = universe({ hosts: ["a"], faults: [fault], duration: END, healAt: END });
  const bank = world.addExternal("bank", {
    latency: tableOf(
      [
        [0, 20_000],
        [1, 20_000],
      ],
      1,
    ),
    create: () => ({ apply: () => ({ ok: true, value: "paid", applied: true }) }),
  });
  const replies: (ExternalReply<string> | TimedOut)[] = [];
  const ended: number[] = [];
  world.onBoot("a", async (host) => {
    for (let n = 0; n < times; n++) {
      replies.push(await host.call("bank", "pay", `t${n}`, n, 5 * SECOND));
      ended.push(world.now);
    }
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  const facts = world.history.events.flatMap((event) =>
    event.kind === "external" && event.phase === "reply" ? [event.value] : [],
  );
  return { world, replies, ended, facts, ledger: bank.ledger };
}

describe("an external service", () => {
  it.each([
    [400, "bad request"],
    [404, "not found"],
    [409, "conflict"],
    [422, "status 422"],
    [500, "internal server error"],
    [503, "service unavailable"],
  ])("refuses calls with status %i and does not apply them", async (status, error) => {
    const { replies, facts, ledger, world } = await calls(
      { ...timing, kind: "external-status", ratio: 1, status },
      2,
    );
    const refusal = { ok: false, error, status };
    expect(replies).toEqual([refusal, refusal]);
    expect(facts).toEqual([
      { error, status },
      { error, status },
    ]);
    expect([ledger.length, world.faults.get("external-status")?.fired]).toEqual([0, 1]);
  });

  it("takes so many calls a second, and says of the others how long to wait: then they are taken", async () => {
    const world = universe({
      hosts: ["a"],
      faults: [{ ...timing, kind: "external-rate-limit", perSecond: 2 }],
      duration: END,
      healAt: END,
    });
    world.addExternal("bank", { create: () => ({ apply: () => ({ ok: true, value: 1, applied: true }) }) });
    const statuses: (number | undefined)[] = [];
    let afterWaiting: unknown;
    world.onBoot("a", async (host) => {
      const pay = (n: number) => host.call("bank", "pay", `t${n}`, n, 5 * SECOND);
      const replies = await Promise.all([1, 2, 3, 4].map(pay));
      let longest = 0;
      for (const reply of replies) {
        statuses.push(reply !== TIMED_OUT && !reply.ok ? reply.status : undefined);
        if (reply !== TIMED_OUT && !reply.ok) longest = Math.max(longest, reply.retryAfter ?? 0);
      }
      expect(longest).toBeGreaterThan(900 * MILLISECOND);
      expect(longest).toBeLessThanOrEqual(SECOND);
      await host.sleep(longest);
      afterWaiting = await pay(5);
    });
    await world.run();
    expect(world.failure).toBeUndefined();
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect(afterWaiting).toEqual({ ok: true, value: 1 });
  });

  it("applies a call and resets the connection: the caller knows at once that it knows nothing", async () => {
    const { replies, ended, ledger } = await calls({ ...timing, kind: "external-reset", ratio: 1 }, 1);
    expect(replies).toEqual([{ ok: false, error: "connection reset", unknown: true }]);
    expect(ended[0]).toBeLessThan(5 * SECOND);
    expect(ledger).toHaveLength(1);
  });
});
