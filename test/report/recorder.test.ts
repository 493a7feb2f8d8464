/** What the recorder of packets keeps of a universe's network. */
import { describe, expect, it } from "vitest";
import { PacketRecorder, type RecordedPacket } from "../../src/report/recorder.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { message, rpc } from "../../src/sim/host.js";
import { ms, seconds } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { runOn } from "../../src/storm/run.js";
import { courierPlan, couriers, STORM } from "../support/couriers.js";
import { universe } from "../support/universe.js";

const HELLO = message<string>("hello");
const ASK = rpc<number, number>("ask");

/** Host `a` says hello to `b` every 100 ms, ten times. */
async function greetings(
  faults: readonly Fault[],
  limit?: number,
): Promise<{ world: World; packets: readonly RecordedPacket[]; recorder: PacketRecorder }> {
  const world = universe({ hosts: ["a", "b"], faults, duration: seconds(3) });
  const recorder = new PacketRecorder(limit);
  recorder.attach(world);
  world.onBoot("a", (host) => {
    for (let i = 0; i < 10; i++) host.after(ms(100 * (i + 1)), () => host.send(HELLO, "b", `hello ${i}`));
  });
  world.onBoot("b", (host) => host.onMessage(HELLO, () => undefined));
  await world.run();
  return { world, packets: recorder.log().packets, recorder };
}

const outcomes = (packets: readonly RecordedPacket[]) =>
  packets.map(({ ends }) => ends.map(({ outcome }) => outcome).join(" "));

describe("the packet recorder", () => {
  it("tells of each packet where it went, what it was and when it came", async () => {
    const { packets } = await greetings([]);
    expect(packets).toHaveLength(10);
    expect(packets[0]).toMatchObject({
      id: 0,
      name: "hello",
      kind: "message",
      from: "a",
      to: "b",
      bytes: 256,
      body: "hello 0",
    });
    for (const { sent, ends } of packets) {
      expect(ends).toHaveLength(1);
      expect(ends[0]?.outcome).toBe("delivered");
      expect(ends[0]?.at).toBeGreaterThan(sent.at);
    }
  });

  it("tells what was dropped, on its way out or on arrival", async () => {
    const { packets } = await greetings([
      { kind: "partition", id: "p", at: ms(350), for: ms(300), a: ["a"], b: ["b"], oneWay: true },
    ]);
    expect(outcomes(packets).slice(0, 7)).toEqual([
      ...Array(3).fill("delivered"),
      ...Array(3).fill("dropped"),
      "delivered",
    ]);
  });

  it("tells both arrivals of a packet that was doubled", async () => {
    const { packets } = await greetings([
      { kind: "duplication", id: "d", at: 0, for: seconds(3), from: "a", to: "b", ratio: 1 },
    ]);
    expect(outcomes(packets)).toEqual(Array(10).fill("delivered delivered"));
  });

  it("tells which packets lost their receiver's life, and which found nobody", async () => {
    const { packets } = await greetings([
      { kind: "slow-link", id: "s", at: 0, for: ms(350), from: "a", to: "b", factor: 150 },
      { kind: "crash", id: "c", at: ms(320), for: ms(500), target: "b" },
    ]);
    expect(new Set(outcomes(packets))).toEqual(new Set(["orphaned", "dropped", "delivered"]));
    const orphan = packets.find(({ ends }) => ends[0]?.outcome === "orphaned");
    expect(orphan?.ends[0]?.at).toBe(ms(320));
  });

  it("tells what was held back until the end", async () => {
    const { packets } = await greetings([
      { kind: "clog", id: "c", at: ms(550), for: seconds(10), from: "a", to: "b" },
    ]);
    expect(outcomes(packets).slice(5)).toEqual(Array(5).fill("flying"));
    expect(packets.at(-1)?.ends[0]?.at).toBe(seconds(3));
  });

  it("knows requests from replies, and the fact that each is a consequence of", async () => {
    const world = universe({ hosts: ["a", "b"], duration: seconds(1) });
    const recorder = new PacketRecorder();
    recorder.attach(world);
    world.onBoot("a", async (host) => {
      await host.sleep(ms(10));
      host.record({ kind: "operator", operation: "ask", detail: {} });
      await host.request(ASK, "b", 1, seconds(1));
    });
    world.onBoot("b", (host) => host.onRequest(ASK, (n) => n + 1));
    await world.run();
    const { packets } = recorder.log();
    const asked = world.history.events.find(({ kind }) => kind === "operator")?.id;
    expect(packets.map(({ kind, from, to, cause }) => ({ kind, from, to, cause }))).toEqual([
      { kind: "request", from: "a", to: "b", cause: asked },
      { kind: "reply", from: "b", to: "a", cause: asked },
    ]);
  });

  it("keeps no more than its limit, and counts the others by name", async () => {
    const { recorder } = await greetings([], 4);
    const { packets, unrecorded } = recorder.log();
    expect(packets).toHaveLength(4);
    expect([...unrecorded]).toEqual([["hello", 6]]);
  });

  it("changes nothing in the universe that it watches", async () => {
    const plan = courierPlan({ faults: STORM });
    const alone = await runOn(couriers, plan);
    const recorder = new PacketRecorder();
    const watched = await runOn(couriers, plan, { prepare: (world) => recorder.attach(world) });
    expect(watched.traceHash).toBe(alone.traceHash);
    expect(watched.events).toBe(alone.events);
    expect(recorder.log().packets.length).toBeGreaterThan(100);
  });

  it("knows where every machine stands, services outside too", async () => {
    const recorder = new PacketRecorder();
    await runOn(couriers, courierPlan(), { prepare: (world) => recorder.attach(world) });
    expect(recorder.log().machines.at(-1)).toMatchObject({ id: "external/payments", external: true });
  });
});
