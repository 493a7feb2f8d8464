import { describe, expect, it } from "vitest";
import { node } from "../../src/node/index.js";
import { SECOND } from "../../src/sim/time.js";
import { printed, runPrograms } from "./support/universe.js";

const HELLO = { server: node("hello-server.ts"), client: node("hello-client.ts") };

describe("unmodified programs on two hosts", () => {
  it("talk HTTP as they do outside", async () => {
    const outcome = await runPrograms({ hosts: HELLO });
    expect(outcome.verdict).toBe("held");
    expect(printed(outcome, "client").slice(0, 7)).toEqual([
      expect.stringMatching(/^get: \{"hits":1,"at":"2030-01-01T00:00:00\.05\dZ"\}$/),
      'post: 200 {"got":{"a":1}}',
      expect.stringContaining('request: {"hits":2'),
      "big: 3000000",
      "time-out failed: TimeoutError, The operation was aborted due to timeout, undefined",
      "closed port failed: TypeError, fetch failed, ECONNREFUSED",
      "no such host failed: TypeError, fetch failed, ENOTFOUND",
    ]);
  });

  const storm = [
    { kind: "crash", id: "c", at: 3 * SECOND, for: SECOND, target: "server" },
    { kind: "loss", id: "l", at: 5 * SECOND, for: 4 * SECOND, from: "*", to: "*", ratio: 0.2 },
    {
      kind: "partition",
      id: "p",
      at: 11 * SECOND,
      for: 2 * SECOND,
      a: ["server"],
      b: ["client"],
      oneWay: false,
    },
  ] as const;

  it("meet a crash, lost packets and a partition, and get over them", async () => {
    const outcome = await runPrograms({ hosts: HELLO, faults: storm });
    const rounds = printed(outcome, "client").slice(7);
    expect(rounds).toHaveLength(12);
    expect(rounds.filter((line) => line.includes("ECONNRESET"))).not.toEqual([]);
    expect(rounds.findLast((line) => line.includes('"hits":1,'))).toBeDefined(); // the server has forgotten
    expect(rounds.at(-1)).toContain("hits");
    for (const { fired } of Object.values(outcome.faults)) expect(fired).toBeGreaterThan(0);
  });

  it("are the same universe for the same seed, and another for another", async () => {
    const [first, again, other] = [
      await runPrograms({ hosts: HELLO, faults: storm, seed: 7 }),
      await runPrograms({ hosts: HELLO, faults: storm, seed: 7 }),
      await runPrograms({ hosts: HELLO, faults: storm, seed: 8 }),
    ];
    expect(again.traceHash).toBe(first.traceHash);
    expect(again.history).toEqual(first.history);
    expect(other.traceHash).not.toBe(first.traceHash);
  });

  it("may send events with something in them", async () => {
    const outcome = await runPrograms({ hosts: { a: node("events.ts") }, seconds: 1 });
    expect(printed(outcome, "a")).toEqual(["something"]);
  });

  it("have what they were asked and answered in the history, with its cause", async () => {
    const { history } = await runPrograms({ hosts: HELLO });
    const asked = history.find((event) => event.kind === "program" && event.phase === "request");
    expect(asked).toMatchObject({ host: "server", text: "GET /hi" });
    const answered = history.find((event) => event.kind === "program" && event.phase === "response");
    expect(answered).toMatchObject({ host: "server", text: "GET /hi: 200", cause: asked?.id });
  });
});

describe("the world of a program", () => {
  const seenBy = async (seed: number): Promise<unknown[]> => {
    const hosts = { a: node("world.ts", { env: { GIVEN: "yes" } }), b: node("world.ts") };
    const crash = { kind: "crash", id: "c", at: SECOND, for: SECOND, target: "a" } as const;
    const outcome = await runPrograms({ hosts, seed, faults: [crash], seconds: 5 });
    return ["a", "b"].flatMap((host) => printed(outcome, host).map((line) => JSON.parse(line) as unknown));
  };

  it("is made of the host: its clock, its name, chance that the seed decides", async () => {
    const [first, second, other] = await seenBy(1);
    const common = {
      state: 1,
      platform: "linux",
      home: null,
      offset: 0,
      globalDate: true,
      instances: [true, true, false],
      hidden: ["undefined", "undefined"],
      leftBehind: null,
      local: ["2030-06-01T12:00:00.000Z", 12],
      formatted: "1/1/2030",
    };
    const atStart = "2030-01-01T00:00:00.000Z";
    expect(first).toMatchObject({
      ...common,
      date: atStart,
      subclass: atStart,
      constructed: atStart,
      host: "a",
      given: "yes",
    });
    expect(first).toMatchObject({ called: "Tue Jan 01 2030 00:00:00 GMT+0000 (Coordinated Universal Time)" });
    expect(second).toMatchObject({ ...common, date: "2030-01-01T00:00:02.000Z", host: "a", pid: 1001 });
    expect(other).toMatchObject({ ...common, host: "b", given: null });
    expect(await seenBy(1)).toEqual([first, second, other]);
  });

  it("differs from host to host and from seed to seed where chance decides", async () => {
    const chance = (seen: unknown) => {
      const { random, uuids, bytes } = seen as { random: number; uuids: string[]; bytes: string[] };
      return [random, ...uuids, ...bytes];
    };
    const drawn = [...(await seenBy(1)), ...(await seenBy(2))].flatMap(chance);
    expect(new Set(drawn).size).toBe(drawn.length);
  });

  it("runs callbacks in the order in which Node does for a module", async () => {
    const outcome = await runPrograms({ hosts: { a: node("order.ts") }, seconds: 1 });
    expect(printed(outcome, "a").join()).toBe(
      [
        ...[
          "microtask",
          "tick",
          "immediate 1",
          "immediate 2",
          "tick of immediate 2",
          "microtask of immediate 2",
        ],
        ...["immediate 3", "timeout 0", "timeout 1", ...Array.from({ length: 20 }, (_, i) => `at 5: ${i}`)],
        ...["refreshed", "interval 1", "interval 2", "interval 3"],
      ].join(", "),
    );
  });

  it("leaves no call out that is made only for what it throws", async () => {
    const outcome = await runPrograms({ hosts: { one: node("refuses.ts") } });
    expect(printed(outcome, "one")).toEqual(["refused: true"]);
  });
});
