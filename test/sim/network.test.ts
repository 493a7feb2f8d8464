import { describe, expect, it } from "vitest";
import type { Fault, FaultKind } from "../../src/sim/faults/catalogue.js";
import { message, rpc, TIMED_OUT } from "../../src/sim/host.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { between, latencies, numbers, type TalkOptions, talk } from "../support/talk.js";
import { type UniverseOptions, universe } from "../support/universe.js";

/** One second of talk between all hosts, a message every 10 ms, and what arrived. */
async function talked(faults: readonly Fault[], options: UniverseOptions & TalkOptions = {}) {
  const world = universe({ duration: 20 * SECOND, ...options, faults });
  const arrivals = talk(world, options);
  await world.run();
  expect(world.failure).toBeUndefined();
  return {
    world,
    on: (from: string, to: string) => between(arrivals, from, to),
    fired: (kind: FaultKind) => world.faults.get(kind)?.fired,
  };
}

const ALL = Array.from({ length: 100 }, (_, n) => n);
const timing = { id: "f", at: 0, for: 10 * SECOND } as const;
const onLink = { ...timing, from: "a", to: "b" } as const;

describe("a link", () => {
  it("delivers every message once and in order by itself", async () => {
    const { on } = await talked([], { every: 100 });
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
      ["c", "b"],
    ] as const)
      expect(numbers(on(from, to))).toEqual(ALL);
  });

  it("has draws of its own, which other traffic does not change", async () => {
    const few = await talked([], { hosts: ["a", "b"] });
    const many = await talked([], { hosts: ["a", "b", "c", "d"] });
    expect(latencies(many.on("a", "b"))).toEqual(latencies(few.on("a", "b")));
  });

  it("hands the message over unchanged, and only to whom it was sent", async () => {
    const NOTE = message<object>("note");
    const world = universe();
    const got: unknown[] = [];
    const body = { deep: [1, "two"] };
    world.onBoot("a", (host) => void host.after(1, () => host.send(NOTE, "b", body)));
    for (const id of ["b", "c"]) {
      world.onBoot(id, (host) => host.onMessage(NOTE, (note, from) => got.push([id, from, note])));
    }
    await world.run();
    expect(got).toEqual([["b", "a", body]]);
    expect((got[0] as unknown[])[2]).toBe(body);
  });

  it("carries a gigabit a second, so that a large message keeps those after it waiting", async () => {
    const BULK = message<string>("bulk");
    const world = universe({ hosts: ["a", "b"] });
    const at: { name: string; time: number }[] = [];
    world.onBoot("a", (host) => {
      host.after(1, () => {
        host.send(BULK, "b", "large", 125_000_000);
        host.send(BULK, "b", "small", 1);
      });
    });
    world.onBoot("b", (host) => host.onMessage(BULK, (name) => at.push({ name, time: world.now })));
    await world.run();
    expect(at.map(({ name }) => name)).toEqual(["large", "small"]);
    expect(at[0]?.time).toBeGreaterThan(SECOND);
  });

  it("lets a host talk to itself, through every partition", async () => {
    const NOTE = message<string>("note");
    const faults: Fault[] = [{ ...timing, kind: "partition", a: ["*"], b: ["*"], oneWay: false }];
    const world = universe({ faults });
    const got: string[] = [];
    world.onBoot("a", (host) => {
      host.onMessage(NOTE, (note) => got.push(note));
      host.after(1, () => host.send(NOTE, "a", "memo"));
    });
    await world.run();
    expect(got).toEqual(["memo"]);
  });

  it("takes a message to a host that does not exist as a defect of the sender", async () => {
    const world = universe();
    world.onBoot("a", (host) => host.send(message<number>("note"), "nowhere", 1));
    await world.run();
    expect(world.failure).toMatchObject({
      host: "a",
      error: new RangeError('no host "nowhere" in this universe'),
    });
  });
});

describe("a partition", () => {
  const severed = (fields: { a: string[]; b: string[]; oneWay?: boolean }): Fault => ({
    kind: "partition",
    id: "f",
    at: 0,
    for: 500 * MILLISECOND,
    oneWay: false,
    ...fields,
  });

  it("cuts both ways between its sides, and nothing else", async () => {
    const { on, fired } = await talked([severed({ a: ["a"], b: ["b"] })]);
    expect(numbers(on("a", "b"))[0]).toBe(49);
    expect(numbers(on("b", "a"))[0]).toBe(49);
    expect(numbers(on("a", "c"))).toEqual(ALL);
    expect(numbers(on("c", "b"))).toEqual(ALL);
    expect(fired("partition")).toBe(1);
  });

  it("cuts one way only when it is one-way", async () => {
    const { on } = await talked([severed({ a: ["a"], b: ["b"], oneWay: true })]);
    expect(numbers(on("a", "b"))[0]).toBe(49);
    expect(numbers(on("b", "a"))).toEqual(ALL);
  });

  it("isolates one host from all others", async () => {
    const { on } = await talked([severed({ a: ["b"], b: ["*"] })]);
    for (const [from, to] of [
      ["a", "b"],
      ["b", "a"],
      ["c", "b"],
      ["b", "c"],
    ] as const) {
      expect(numbers(on(from, to))[0]).toBe(49);
    }
    expect(numbers(on("a", "c"))).toEqual(ALL);
  });

  it("leaves a bridge where one host sees both sides", async () => {
    const { on } = await talked([severed({ a: ["a"], b: ["c"] })]);
    expect(numbers(on("a", "c"))[0]).toBe(49);
    expect(numbers(on("a", "b"))).toEqual(ALL);
    expect(numbers(on("b", "c"))).toEqual(ALL);
  });

  it("parts providers", async () => {
    const host = (id: string, provider: string) => ({ id, domain: { provider, region: "r" }, role: "host" });
    const { on } = await talked([severed({ a: ["provider/aws"], b: ["provider/gcp"] })], {
      hosts: [host("a", "aws"), host("b", "aws"), host("c", "gcp")],
    });
    expect(numbers(on("a", "c")).includes(10)).toBe(false);
    expect(numbers(on("a", "b"))).toEqual(ALL);
  });

  it("drops what is in flight when it begins", async () => {
    const { on, fired } = await talked([{ ...severed({ a: ["a"], b: ["b"] }), at: 10_100 } as Fault], {
      rounds: 1,
    });
    expect(on("a", "b")).toEqual([]);
    expect(on("a", "c")).toHaveLength(1);
    expect(fired("partition")).toBe(1);
  });

  it("has not fired when nobody spoke across it", async () => {
    const { fired } = await talked([{ ...severed({ a: ["a"], b: ["b"] }), at: 5 * SECOND } as Fault]);
    expect(fired("partition")).toBe(0);
  });

  it("stays until the last of two that overlap has healed", async () => {
    const { on } = await talked([
      severed({ a: ["a"], b: ["b"] }),
      { ...severed({ a: ["a"], b: ["*"] }), id: "g", at: 300 * MILLISECOND } as Fault,
    ]);
    expect(numbers(on("a", "b"))[0]).toBe(79);
    expect(numbers(on("a", "c")).slice(28, 31)).toEqual([28, 79, 80]);
  });
});

describe("loss", () => {
  it("loses about its share of packets, on its link and way alone", async () => {
    const { on, fired } = await talked([{ ...onLink, kind: "loss", ratio: 0.3 }]);
    expect(on("a", "b").length).toBeGreaterThan(55);
    expect(on("a", "b").length).toBeLessThan(85);
    expect(on("b", "a")).toHaveLength(100);
    expect(fired("loss")).toBe(1);
  });

  it("has not fired when it lost nothing", async () => {
    const { fired } = await talked([{ ...onLink, kind: "loss", ratio: 0 }]);
    expect(fired("loss")).toBe(0);
  });

  it("loses the same packets whatever other faults there are", async () => {
    const loss: Fault = { ...onLink, id: "loss", kind: "loss", ratio: 0.3 };
    const alone = numbers((await talked([loss])).on("a", "b"));
    const others: Fault[] = [
      {
        ...onLink,
        id: "p",
        kind: "partition",
        a: ["a"],
        b: ["b"],
        oneWay: true,
        at: 0,
        for: 200 * MILLISECOND,
      },
      { ...onLink, id: "c", kind: "clog", at: 300 * MILLISECOND, for: 300 * MILLISECOND },
      { ...onLink, id: "d", kind: "duplication", ratio: 0.5 },
      { ...onLink, id: "l", kind: "loss", ratio: 0.5, at: 700 * MILLISECOND },
    ];
    for (const faults of [
      [...others, loss],
      [loss, ...others],
    ]) {
      const survivors = new Set(numbers((await talked(faults)).on("a", "b")));
      expect([...survivors].filter((n) => !alone.includes(n))).toEqual([]);
      expect(alone.filter((n) => n >= 20 && n < 69 && !survivors.has(n))).toEqual([]);
    }
  });

  it("does not move the latencies of the packets that get through", async () => {
    const sound = (await talked([])).on("a", "b");
    const lossy = (await talked([{ ...onLink, kind: "loss", ratio: 0.3 }])).on("a", "b");
    expect(lossy).toEqual(sound.filter(({ n }) => numbers(lossy).includes(n)));
  });

  it("does not count for packets that a partition drops as well", async () => {
    const { fired } = await talked([
      { ...onLink, kind: "slow-link", factor: 3 },
      { ...onLink, id: "g", kind: "duplication", ratio: 1 },
      { ...timing, id: "h", kind: "partition", a: ["a"], b: ["b"], oneWay: true },
    ]);
    expect([fired("slow-link"), fired("duplication"), fired("partition")]).toEqual([0, 0, 1]);
  });
});

describe("duplication", () => {
  it("brings a share of packets twice, the copy later", async () => {
    const { on, fired } = await talked([{ ...onLink, kind: "duplication", ratio: 0.3 }]);
    const counts = ALL.map((n) => numbers(on("a", "b")).filter((other) => other === n).length);
    const twice = counts.filter((count) => count === 2).length;
    expect(counts.every((count) => count === 1 || count === 2)).toBe(true);
    expect(twice).toBeGreaterThan(15);
    expect(twice).toBeLessThan(45);
    expect(on("b", "a")).toHaveLength(100);
    expect(fired("duplication")).toBe(1);
  });

  it("runs a request's handler twice, while the caller hears one reply", async () => {
    const ADD = rpc<number, number>("add");
    const world = universe({ faults: [{ ...onLink, kind: "duplication", ratio: 1 }] });
    let handled = 0;
    const replies: unknown[] = [];
    world.onBoot("b", (host) => host.onRequest(ADD, (n) => n + ++handled));
    world.onBoot("a", async (host) => {
      await host.sleep(1);
      replies.push(await host.request(ADD, "b", 1, SECOND));
    });
    await world.run();
    expect([handled, replies]).toEqual([2, [2]]);
  });
});

describe("reordering", () => {
  it("makes packets come late, behind those sent after them", async () => {
    const { on, fired } = await talked([{ ...onLink, kind: "reorder", ratio: 0.3, by: 80 * MILLISECOND }]);
    const arrived = numbers(on("a", "b"));
    expect([...arrived].sort((x, y) => x - y)).toEqual(ALL);
    expect(arrived).not.toEqual(ALL);
    expect(Math.max(...latencies(on("a", "b")))).toBeLessThan(90 * MILLISECOND);
    expect(numbers(on("b", "a"))).toEqual(ALL);
    expect(fired("reorder")).toBe(1);
  });
});

describe("a slow link", () => {
  const slow: Fault = { ...onLink, for: 100 * SECOND, kind: "slow-link", factor: 10 };
  const calm = { every: 2 * SECOND, rounds: 30, duration: 100 * SECOND };
  /** What the wire itself takes for 256 bytes. */
  const WIRE = 2;
  const tenfold = (latency: number): number => (latency - WIRE) * 10 + WIRE;

  it("takes many times as long, one way", async () => {
    const sound = await talked([], calm);
    const { on, fired } = await talked([slow], calm);
    expect(latencies(on("a", "b"))).toEqual(latencies(sound.on("a", "b")).map(tenfold));
    expect(latencies(on("b", "a"))).toEqual(latencies(sound.on("b", "a")));
    expect(fired("slow-link")).toBe(1);
  });

  it("keeps packets sent after it ended behind those sent before", async () => {
    const { on } = await talked([{ ...onLink, for: 505 * MILLISECOND, kind: "slow-link", factor: 300 }]);
    expect(numbers(on("a", "b"))).toEqual(ALL);
  });

  it("is as slow as the slower of two", async () => {
    const once = latencies((await talked([slow], calm)).on("a", "b"));
    const twice = latencies((await talked([slow, { ...slow, id: "g", factor: 2 }], calm)).on("a", "b"));
    expect(twice).toEqual(once);
  });

  it("has not fired where another is as slow, nor with a factor that slows nothing down", async () => {
    const same = await talked([slow, { ...slow, id: "g" }], calm);
    expect(same.fired("slow-link")).toBe(1);
    const idle = await talked([{ ...slow, factor: 0.5 }], calm);
    expect(idle.fired("slow-link")).toBe(0);
  });
});

describe("a flaky link", () => {
  const flaky: Fault = { ...onLink, kind: "flaky-link", up: 100 * MILLISECOND, down: 50 * MILLISECOND };

  it("is well and dead in turns", async () => {
    const { on, fired } = await talked([flaky]);
    const arrived = new Set(numbers(on("a", "b")));
    // Message n leaves at (n + 1) * 10 ms; the link is dead for the last third of every 150 ms.
    const dead = ALL.filter((n) => ((n + 1) * 10) % 150 >= 100);
    expect(dead.filter((n) => arrived.has(n))).toEqual([]);
    expect(arrived.size).toBeGreaterThan(50);
    expect(fired("flaky-link")).toBe(1);
  });

  it("drops what is in flight when it dies", async () => {
    const { on } = await talked([{ ...flaky, up: 10_100 }], { rounds: 1 });
    expect(on("a", "b")).toEqual([]);
  });
});

describe("a narrow link", () => {
  it("makes packets queue for their turn", async () => {
    const { on, fired } = await talked([{ ...onLink, kind: "bandwidth", bytesPerSecond: 100_000 }], {
      bytes: 10_000,
      rounds: 5,
    });
    const waits = latencies(on("a", "b")).map((latency) => Math.round(latency / (90 * MILLISECOND)));
    expect(waits).toEqual([1, 2, 3, 4, 5]);
    expect(latencies(on("b", "a")).every((latency) => latency < 50 * MILLISECOND)).toBe(true);
    expect(fired("bandwidth")).toBe(1);
  });

  it("drops what would have to wait for much longer than a second, and is soon well again", async () => {
    const narrow: Fault = { ...onLink, for: 2 * SECOND, kind: "bandwidth", bytesPerSecond: 10_000 };
    const { on } = await talked([narrow], { bytes: 1_000, rounds: 330 });
    const during = on("a", "b").filter(({ sentAt }) => sentAt < 2 * SECOND);
    const after = on("a", "b").filter(({ sentAt }) => sentAt >= 2 * SECOND);
    expect(during.length).toBeGreaterThan(20);
    expect(during.length).toBeLessThan(40);
    expect(Math.max(...latencies(during))).toBeLessThan(1_200 * MILLISECOND);
    expect(after).toHaveLength(131);
    expect(Math.max(...latencies(after.slice(-10)))).toBeLessThan(50 * MILLISECOND);
  });

  it("has not fired when it was wide enough to notice nothing", async () => {
    const { fired } = await talked([{ ...onLink, kind: "bandwidth", bytesPerSecond: 1_000_000_000_000 }]);
    expect(fired("bandwidth")).toBe(0);
  });
});

describe("a clogged link", () => {
  const clog = { ...onLink, kind: "clog", for: 500 * MILLISECOND } as const;

  it("holds packets back and sends them on in their order when it is unclogged", async () => {
    const { on, fired } = await talked([clog]);
    expect(numbers(on("a", "b"))).toEqual(ALL);
    expect(on("a", "b")[0]?.at).toBeGreaterThanOrEqual(500 * MILLISECOND);
    expect(on("a", "b")[30]?.at).toBeLessThan(520 * MILLISECOND);
    expect(numbers(on("b", "a"))).toEqual(ALL);
    expect(on("b", "a")[0]?.at).toBeLessThan(30 * MILLISECOND);
    expect(fired("clog")).toBe(1);
  });

  it("holds what it held before until the last of two clogs has ended, and both have fired", async () => {
    const { on, fired } = await talked([clog, { ...clog, id: "g", at: 400 * MILLISECOND }]);
    expect(numbers(on("a", "b"))).toEqual(ALL);
    expect(on("a", "b")[0]?.at).toBeGreaterThanOrEqual(900 * MILLISECOND);
    expect(fired("clog")).toBe(2);
  });

  it("does not draw again for what it held", async () => {
    const sound = latencies((await talked([])).on("a", "b"));
    const clogged = latencies((await talked([clog])).on("a", "b"));
    expect(clogged.slice(60)).toEqual(sound.slice(60));
  });

  it("loses what it held where the link is cut at that time", async () => {
    const { on } = await talked([
      clog,
      {
        kind: "partition",
        id: "g",
        at: 450 * MILLISECOND,
        for: 100 * MILLISECOND,
        a: ["a"],
        b: ["b"],
        oneWay: true,
      },
    ]);
    expect(numbers(on("a", "b"))[0]).toBe(54);
  });

  it("drops what it held for an incarnation that has ended since", async () => {
    const { on } = await talked([
      clog,
      { kind: "crash", id: "g", at: 300 * MILLISECOND, for: 50 * MILLISECOND, target: "b" },
    ]);
    expect(on("a", "b").filter(({ sentAt }) => sentAt < 350 * MILLISECOND)).toEqual([]);
    expect(on("a", "b").some(({ sentAt }) => sentAt > 360 * MILLISECOND && sentAt < 490 * MILLISECOND)).toBe(
      true,
    );
  });

  it("has not fired when nothing was sent", async () => {
    const { fired } = await talked([{ ...clog, at: 5 * SECOND }]);
    expect(fired("clog")).toBe(0);
  });
});

describe("a request", () => {
  const ASK = rpc<number, number>("ask");

  it("is answered by whoever handles it, at once or later", async () => {
    const world = universe();
    const replies: unknown[] = [];
    world.onBoot("b", (host) => host.onRequest(ASK, (n) => n * 2));
    world.onBoot("c", (host) =>
      host.onRequest(ASK, async (n) => {
        await host.sleep(SECOND);
        return n * 3;
      }),
    );
    world.onBoot("a", async (host) => {
      await host.sleep(1);
      replies.push(
        await Promise.all([host.request(ASK, "b", 5, 2 * SECOND), host.request(ASK, "c", 5, 2 * SECOND)]),
      );
    });
    await world.run();
    expect(replies).toEqual([[10, 15]]);
  });

  it.each([
    ["nobody handles it", []],
    ["the request is lost", [{ ...onLink, kind: "loss", ratio: 1 }]],
    ["the reply is lost", [{ ...onLink, from: "b", to: "a", kind: "loss", ratio: 1 }]],
    ["the other side is down", [{ ...timing, kind: "crash", target: "b" }]],
    ["the other side is paused", [{ ...timing, kind: "pause", target: "b" }]],
  ] as const)("times out by its own time when %s", async (why, faults) => {
    const world = universe({ faults });
    const heard: unknown[] = [];
    let handled = 0;
    if (why !== "nobody handles it") world.onBoot("b", (host) => host.onRequest(ASK, () => ++handled));
    world.onBoot("a", async (host) => {
      await host.sleep(SECOND);
      heard.push(await host.request(ASK, "b", 1, SECOND), world.now);
    });
    await world.run();
    expect(heard).toEqual([TIMED_OUT, 2 * SECOND]);
    expect(handled).toBe(why === "the reply is lost" || why === "the other side is paused" ? 1 : 0);
  });

  it("is not bothered by a reply that comes after the time-out", async () => {
    const world = universe();
    const heard: unknown[] = [];
    world.onBoot("b", (host) =>
      host.onRequest(ASK, async () => {
        await host.sleep(3 * SECOND);
        return 1;
      }),
    );
    world.onBoot("a", async (host) => {
      await host.sleep(1);
      heard.push(await host.request(ASK, "b", 1, SECOND));
      await host.sleep(10 * SECOND);
    });
    await world.run();
    expect([heard, world.failure]).toEqual([[TIMED_OUT], undefined]);
  });
});
