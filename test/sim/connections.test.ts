/** Connections that are reset, half-open, or can't be made since names don't resolve: as code under test sees it. */
import { describe, expect, it } from "vitest";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { type Host, message, rpc, TIMED_OUT } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { universe } from "../support/universe.js";

const END = 20 * SECOND;
const ECHO = rpc<number, number>("echo");
const NOTE = message<number>("note");

/** Host `b` answers `a` after a second, and writes down what it hears. */
function pair(
  faults: readonly Fault[],
  body: (host: Host) => Promise<void>,
): { world: World; heard: number[] } {
  const world = universe({ hosts: ["a", "b"], faults, duration: END });
  const heard: number[] = [];
  world.onBoot("b", (host) => {
    host.onMessage(NOTE, (n) => heard.push(n));
    host.onRequest(ECHO, async (n) => {
      await host.sleep(SECOND);
      return n;
    });
  });
  world.onBoot("a", body);
  return { world, heard };
}

describe("a connection that is reset", () => {
  const fault: Fault = {
    ...{ id: "f", kind: "connection-reset", from: "a", to: "b" },
    ...{ at: 1_500 * MILLISECOND, for: SECOND, period: 10 * SECOND },
  };

  it("ends a request at once, and the next one is answered", async () => {
    let asked = 0;
    let replies: unknown[] = [];
    const { world } = pair([fault], async (host) => {
      await host.sleep(SECOND);
      const first = await host.request(ECHO, "b", 1, 15 * SECOND);
      asked = world.now;
      replies = [first, await host.request(ECHO, "b", 2, 15 * SECOND)];
    });
    await world.run();
    expect([asked, replies]).toEqual([1_500 * MILLISECOND, [TIMED_OUT, 2]]);
    expect(world.faults.get("connection-reset")).toEqual({ planned: 1, fired: 1 });
  });

  it("loses what is under way on it, in both directions, and nothing that is sent after", async () => {
    const { world, heard } = pair([fault], async (host) => {
      await host.sleep(1_500 * MILLISECOND - 100);
      host.send(NOTE, "b", 1);
      await host.sleep(200);
      host.send(NOTE, "b", 2);
    });
    await world.run();
    expect(heard).toEqual([2]);
  });

  it("lets protocols with connections of their own know", async () => {
    const resets: [number, string][] = [];
    const { world } = pair([fault], async (host) => {
      host.onConnectionReset((peer) => resets.push([world.now, peer]));
      host.send(NOTE, "b", 1);
      await host.sleep(SECOND);
    });
    await world.run();
    expect(resets).toEqual([[1_500 * MILLISECOND, "b"]]);
  });
});

describe("a half-open connection", () => {
  const fault: Fault = {
    ...{ id: "f", kind: "half-open", from: "a", to: "b" },
    ...{ at: SECOND, for: 15 * SECOND },
  };

  it("swallows what one side sends, and nothing of the other, until a request times out", async () => {
    const back: number[] = [];
    const { world, heard } = pair([fault], async (host) => {
      host.onMessage(NOTE, (n) => back.push(n));
      host.send(NOTE, "b", 1);
      await host.sleep(2 * SECOND);
      for (const n of [2, 3]) host.send(NOTE, "b", n);
      expect(await host.request(ECHO, "b", 4, 3 * SECOND)).toBe(TIMED_OUT);
      host.send(NOTE, "b", 5);
      expect(await host.request(ECHO, "b", 6, 3 * SECOND)).toBe(6);
    });
    world.onBoot("b", (host) => {
      host.onMessage(NOTE, (n) => {
        heard.push(n);
      });
      host.onRequest(ECHO, (n) => n);
      host.after(2_500 * MILLISECOND, () => host.send(NOTE, "a", 9));
    });
    await world.run();
    expect(world.failure).toBeUndefined();
    expect([heard, back]).toEqual([[1, 5], [9]]);
  });

  it("is of no concern to a host that has restarted since, or to a connection that was opened since", async () => {
    const restart: Fault = { id: "r", kind: "crash", at: 2 * SECOND, for: SECOND, target: "a" };
    const restarted = pair([fault, restart], async (host) => {
      if (host.incarnation === 1) return;
      host.send(NOTE, "b", 1);
    });
    await restarted.world.run();
    expect(restarted.heard).toEqual([1]);

    const several = pair([fault], async (host) => {
      host.send(NOTE, "b", 1, 256, { id: 1, opens: true });
      await host.sleep(2 * SECOND);
      host.send(NOTE, "b", 2, 256, { id: 1, opens: false });
      host.send(NOTE, "b", 3, 256, { id: 2, opens: true });
      host.send(NOTE, "b", 4, 256, { id: 2, opens: false });
    });
    await several.world.run();
    expect(several.heard).toEqual([1, 3, 4]);
  });
});

describe("a failure of the name service", () => {
  const fault: Fault = { id: "f", kind: "dns-failure", at: 2 * SECOND, for: 10 * SECOND, target: "a" };

  it("leaves those connections that there are, and lets no new one be made", async () => {
    const run = async (talksBefore: boolean): Promise<number[]> => {
      const { world, heard } = pair([fault], async (host) => {
        if (talksBefore) host.send(NOTE, "b", 1);
        await host.sleep(3 * SECOND);
        expect(host.resolvesNames()).toBe(false);
        host.send(NOTE, "b", 2);
        await host.sleep(10 * SECOND);
        expect(host.resolvesNames()).toBe(true);
        host.send(NOTE, "b", 3);
      });
      await world.run();
      expect(world.failure).toBeUndefined();
      return heard;
    };
    expect(await run(true)).toEqual([1, 2, 3]);
    expect(await run(false)).toEqual([3]);
  });

  it("cuts off who has restarted, but for those who come to it", async () => {
    const restart: Fault = { id: "r", kind: "crash", at: 3 * SECOND, for: SECOND, target: "a" };
    const { world, heard } = pair([fault, restart], async (host) => {
      host.onMessage(NOTE, (n) => host.send(NOTE, "b", n + 1));
      host.send(NOTE, "b", host.incarnation);
    });
    const boot = world.bootOf(world.machine("b"));
    world.onBoot("b", (host) => {
      void boot?.(host);
      host.after(6 * SECOND, () => host.send(NOTE, "a", 10));
    });
    await world.run();
    expect(heard).toEqual([1, 11]);
  });
});
