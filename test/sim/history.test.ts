import { describe, expect, it } from "vitest";
import { History, type HistoryEvent } from "../../src/sim/history.js";
import { type Host, message, rpc } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import type { World } from "../../src/sim/world.js";
import { universe } from "../support/universe.js";

const NOTE = message<null>("note");
const ASK = rpc<null, null>("ask");

const did = (host: Host, operation: string): void => host.record({ kind: "operator", operation, detail: {} });

function eventOf(world: World, operation: string): HistoryEvent | undefined {
  return world.history.events.find((event) => event.kind === "operator" && event.operation === operation);
}

describe("the history", () => {
  it("numbers its events, in the order of time", async () => {
    const world = universe();
    for (const id of ["a", "b"]) {
      world.onBoot(id, async (host) => {
        for (let n = 0; n < 10; n++) {
          await host.sleep(host.random.below(SECOND));
          did(host, `${id}${n}`);
        }
      });
    }
    await world.run();
    const { events } = world.history;
    expect(events.map(({ id }) => id)).toEqual(events.map((_, i) => i));
    expect(events.map(({ at }) => at)).toEqual(events.map(({ at }) => at).sort((x, y) => x - y));
  });

  it("tells each listener of each event as it is written", () => {
    const history = new History();
    const heard: string[] = [];
    history.on(({ id }) => heard.push(`first ${id}`));
    history.on(({ id }) => heard.push(`second ${id}`));
    history.add(0, "a", -1, { kind: "goal", goal: "g" });
    history.add(1, "a", 0, { kind: "goal", goal: "h" });
    expect(heard).toEqual(["first 0", "second 0", "first 1", "second 1"]);
    expect(history.events[1]).toEqual({ id: 1, at: 1, host: "a", cause: 0, kind: "goal", goal: "h" });
  });

  it("takes a listener's failure as the world's own, unseen by the host that was heard", async () => {
    const world = universe();
    let unharmed = false;
    world.history.on((event) => {
      if (event.kind === "operator") throw new Error("checker broke");
    });
    world.onBoot("a", (host) => {
      did(host, "anything");
      unharmed = true;
    });
    await world.run();
    expect(unharmed).toBe(true);
    expect(world.failure).toMatchObject({ host: "world", error: new Error("checker broke") });
  });
});

describe("the cause of an event", () => {
  it("is the event before it in the same handler", async () => {
    const world = universe();
    world.onBoot("a", (host) => {
      did(host, "one");
      did(host, "two");
    });
    await world.run();
    const boot = world.history.events.find((event) => event.kind === "host" && event.host === "a");
    expect(eventOf(world, "one")?.cause).toBe(boot?.id);
    expect(eventOf(world, "two")?.cause).toBe(eventOf(world, "one")?.id);
  });

  it("reaches over messages, requests, timers and disk writes", async () => {
    const world = universe();
    world.onBoot("b", (host) => {
      host.onMessage(NOTE, () => did(host, "message"));
      host.onRequest(ASK, async () => {
        did(host, "asked");
        await host.sleep(SECOND);
        did(host, "slept");
        host.disk.append("log", new Uint8Array([1]));
        await host.disk.fsync("log");
        did(host, "synced");
        return null;
      });
    });
    world.onBoot("a", async (host) => {
      await host.sleep(SECOND);
      did(host, "sent");
      host.send(NOTE, "b", null);
      await host.request(ASK, "b", null, 5 * SECOND);
      did(host, "heard");
    });
    world.onBoot("c", async (host) => {
      for (;;) {
        await host.sleep(1_003);
        did(host, "unrelated");
      }
    });
    await world.run(10 * SECOND);
    const causeOf = (operation: string) => {
      const cause = world.history.events[eventOf(world, operation)?.cause ?? -1];
      return cause?.kind === "operator" ? cause.operation : undefined;
    };
    expect(["message", "asked", "slept", "synced", "heard"].map(causeOf)).toEqual([
      "sent",
      "sent",
      "asked",
      "slept",
      "synced",
    ]);
  });

  it("is the fault, for a crash and for the boot that follows", async () => {
    const world = universe({ faults: [{ kind: "crash", id: "f", at: SECOND, for: SECOND, target: "a" }] });
    await world.run();
    const facts = world.history.events.filter(({ at, host }) => at > 0 && (host === "a" || host === "world"));
    const told = facts.map((event) => `${event.host} ${"phase" in event ? event.phase : ""}`);
    expect(told).toEqual(["world start", "a crash", "world fired", "world end", "a boot"]);
    expect(facts[1]?.cause).toBe(facts[0]?.id);
  });

  it("is the plan itself for what the plan begins", async () => {
    const world = universe({ faults: [{ kind: "crash", id: "f", at: SECOND, for: SECOND, target: "a" }] });
    await world.run();
    const start = world.history.events.find((event) => event.kind === "fault" && event.phase === "start");
    expect(start?.cause).toBe(-1);
  });
});
