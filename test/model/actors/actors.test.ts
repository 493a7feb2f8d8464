import { describe, expect, it } from "vitest";
import { type ActorRef, type Down, Failure } from "../../../src/model/actors/actor.js";
import { Actors } from "../../../src/model/actors/actors.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { failureOn, onHost } from "./on-host.js";

type Ask = "count" | "slow" | "crash" | "mistake";

/** Counts what it is asked; it is slow, crashes or makes a mistake if asked to. */
function counter(actors: Actors, host: Host, options = {}): ActorRef<Ask, number, Ask> {
  return actors.spawn<Ask, number, Ask>(
    "counter",
    (context) => {
      let n = 0;
      const handle = async (ask: Ask): Promise<number> => {
        if (ask === "slow") await context.host.sleep(SECOND);
        if (ask === "crash") throw new Failure("asked to");
        if (ask === "mistake") throw new TypeError("a mistake");
        context.host.record({ kind: "operator", operation: `${ask} ${++n}`, detail: {} });
        return n;
      };
      return {
        onCall: (ask) => (ask === "count" ? ++n : handle(ask)),
        onCast: (ask) => void (ask === "count" ? ++n : handle(ask)),
        onStop: () => host.record({ kind: "operator", operation: `stopped at ${n}`, detail: {} }),
      };
    },
    options,
  );
}

const ok = (value: unknown) => ({ ok: true, value });
const failed = (error: string) => ({ ok: false, error });

describe("an actor", () => {
  it("handles one message at a time, in the order in which they came", async () => {
    await onHost(async (host) => {
      const actor = counter(new Actors(host), host);
      const answers = [actor.call("slow", 5 * SECOND), actor.call("count", 5 * SECOND)];
      actor.cast("count");
      answers.push(actor.call("slow", 5 * SECOND));
      expect(actor.waiting).toBe(4);
      expect(await Promise.all(answers)).toEqual([ok(1), ok(2), ok(4)]);
      expect(host.clock.monotonic()).toBe(2 * SECOND);
    });
  });

  it("answers everybody who waits with an error when it crashes, and loses its state", async () => {
    const seen = await onHost(async (host) => {
      const actors = new Actors(host);
      const actor = counter(actors, host);
      const answers = [actor.call("count", SECOND), actor.call("crash", SECOND), actor.call("count", SECOND)];
      expect(await Promise.all(answers)).toEqual([ok(1), failed("crashed"), failed("dead")]);
      expect(actor.alive).toBe(false);
      expect(await actor.call("count", SECOND)).toEqual(failed("dead"));
      expect(actor.cast("count")).toBe(false);
      expect(await counter(actors, host).call("count", SECOND)).toEqual(ok(1));
      expect(host.clock.monotonic()).toBe(0);
    });
    expect(seen.changes("actor")).toEqual([
      "counter/1: none → running",
      "counter/1: running → ended",
      "counter/2: none → running",
    ]);
  });

  it("answers a call that takes too long by its time-out, and handles it all the same", async () => {
    await onHost(async (host) => {
      const actor = counter(new Actors(host), host);
      const slow = actor.call("slow", SECOND / 2);
      expect(await slow).toEqual(failed("timed-out"));
      expect(await actor.call("count", SECOND)).toEqual(ok(2));
    });
  });

  it("is deaf and mute once it was killed, though a handler was under way", async () => {
    const seen = await onHost(async (host) => {
      const actor = counter(new Actors(host), host);
      const answer = actor.call("slow", 5 * SECOND);
      await host.sleep(SECOND / 2);
      actor.exit({ kind: "killed", by: "a test" });
      expect(await answer).toEqual(failed("crashed"));
      await host.sleep(5 * SECOND);
    });
    expect(seen.of("operator")).toEqual([]);
  });

  it("refuses what its mailbox has no room for", async () => {
    await onHost(async (host) => {
      const actor = counter(new Actors(host), host, { mailbox: 2 });
      const first = actor.call("slow", 5 * SECOND);
      await host.sleep(1);
      expect([actor.cast("count"), actor.cast("count"), actor.cast("count")]).toEqual([true, true, false]);
      expect(await actor.call("count", SECOND)).toEqual(failed("overloaded"));
      expect(await first).toEqual(ok(1));
    });
  });

  it("stops when it has handled what was there, and says goodbye", async () => {
    const seen = await onHost(async (host) => {
      const actor = counter(new Actors(host), host);
      actor.cast("count");
      const slow = actor.call("slow", 5 * SECOND);
      const stopped = actor.stop();
      const late = actor.call("count", 5 * SECOND);
      expect(await slow).toEqual(ok(2));
      await stopped;
      expect(await late).toEqual(failed("dead"));
      await actor.stop();
    });
    expect(seen.of("operator").map(({ operation }) => operation)).toEqual(["slow 2", "stopped at 2"]);
  });

  it("fails the run by a mistake, which is no crash", async () => {
    const failure = await failureOn((host) => void counter(new Actors(host), host).cast("mistake"));
    expect(failure).toContain("a mistake");
  });

  it("fails the run when it is called and answers no calls", async () => {
    const failure = await failureOn((host) => {
      void new Actors(host).spawn<number, number>("mute", () => ({})).call(1, SECOND);
    });
    expect(failure).toContain("mute/1 was called, and its behaviour answers no calls");
  });

  it("is dead from the beginning when its start fails", async () => {
    await onHost((host) => {
      const actor = new Actors(host).spawn("stillborn", () => {
        throw new Failure("no configuration");
      });
      expect(actor.alive).toBe(false);
    });
  });
});

describe("a monitor", () => {
  it("hears of an end once, also when it comes after it, and not after it was cancelled", async () => {
    await onHost((host) => {
      const actor = counter(new Actors(host), host);
      const heard: Down[] = [];
      actor.monitor((down) => heard.push(down));
      actor.monitor((down) => heard.push(down)).cancel();
      actor.exit({ kind: "killed", by: "a test" });
      actor.exit({ kind: "killed", by: "another" });
      actor.monitor((down) => heard.push(down));
      const down = { id: "counter/1", reason: { kind: "killed", by: "a test" } };
      expect(heard).toEqual([down, down]);
    });
  });
});

describe("a link", () => {
  it("takes the other down with it, unless it ended in order", async () => {
    await onHost(async (host) => {
      const actors = new Actors(host);
      const [a, b, c, d] = [1, 2, 3, 4].map(() => counter(actors, host)) as [
        ActorRef<Ask, number, Ask>,
        ActorRef<Ask, number, Ask>,
        ActorRef<Ask, number, Ask>,
        ActorRef<Ask, number, Ask>,
      ];
      actors.link(a, b);
      actors.link(b, c);
      actors.link(c, d);
      actors.unlink(c, d);
      a.exit({ kind: "killed", by: "a test" });
      expect([a.alive, b.alive, c.alive, d.alive]).toEqual([false, false, false, true]);
      const e = counter(actors, host);
      actors.link(d, e);
      await e.stop();
      expect(d.alive).toBe(true);
    });
  });

  it("comes as a message to an actor that traps exits", async () => {
    await onHost(async (host) => {
      const actors = new Actors(host);
      const downs: Down[] = [];
      const guard = actors.spawn("guard", () => ({ onExit: (down) => void downs.push(down) }), {
        trapsExits: true,
      });
      const ward = counter(actors, host);
      actors.link(guard, ward);
      ward.exit({ kind: "killed", by: "a test" });
      await host.sleep(1);
      expect(guard.alive).toBe(true);
      expect(downs).toEqual([{ id: "counter/1", reason: { kind: "killed", by: "a test" } }]);
      const dead = counter(actors, host);
      dead.exit({ kind: "shutdown" });
      actors.link(guard, dead);
      await host.sleep(1);
      expect(downs).toHaveLength(2);
    });
  });
});
