import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ActorRef } from "../../../src/model/actors/actor.js";
import { Actors } from "../../../src/model/actors/actors.js";
import { MemoryChannel } from "../../../src/model/actors/channel.js";
import type {
  ChannelConfig,
  DeadLetter,
  Delivery,
  ReceiveResult,
  SendResult,
} from "../../../src/model/actors/channel-api.js";
import { DeadLetterBox } from "../../../src/model/actors/dead-letters.js";
import { TreeSupervisor } from "../../../src/model/actors/supervisor.js";
import { MemoryTopic } from "../../../src/model/actors/topic.js";
import type { Host } from "../../../src/sim/host.js";
import { HOUR, MINUTE, SECOND } from "../../../src/sim/time.js";
import { ChannelModel } from "./channel-model.js";
import { onHost } from "./on-host.js";

const CONFIG: ChannelConfig = {
  name: "orders",
  capacity: 3,
  whenFull: "block",
  sendTimeout: 5 * SECOND,
  receiveTimeout: 10 * SECOND,
  ackTimeout: 30 * SECOND,
  maxDeliveries: 3,
};

function make(host: Host, parts: Partial<ChannelConfig> = {}) {
  const box = new DeadLetterBox<string>(host, "dead-orders");
  const channel = new MemoryChannel<string>(host, { ...CONFIG, ...parts }, (letter) => box.accept(letter));
  const send = (...keys: string[]) => Promise.all(keys.map((key) => channel.send(`message ${key}`, key)));
  return { channel, box, send };
}

function delivered(result: ReceiveResult<string>): Delivery<string> {
  if (!result.ok) throw new Error(result.error);
  return result.delivery;
}

const reasons = (letters: readonly DeadLetter<string>[]) =>
  letters.map(({ key, reason }) => `${key} ${reason}`);

describe("a channel", () => {
  it("delivers first in, first out, and a message that came back before those after it", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      await send("a", "b", "c");
      const a = delivered(await channel.receive("r"));
      const b = delivered(await channel.receive("r"));
      expect([a.key, a.message, a.count, b.key]).toEqual(["a", "message a", 1, "b"]);
      expect([await b.nack(), await a.nack(), await a.ack()]).toEqual([true, true, false]);
      const keys = [];
      for (let i = 0; i < 3; i++) keys.push(delivered(await channel.receive("r")).key);
      expect(keys).toEqual(["a", "b", "c"]);
    });
  });

  it("delivers again what was not acknowledged in time, and takes no late answer", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      await send("a");
      const first = delivered(await channel.receive("r"));
      await host.sleep(29 * SECOND);
      const second = channel.receive("s");
      await host.sleep(SECOND);
      expect(delivered(await second)).toMatchObject({ key: "a", count: 2 });
      expect(await first.ack()).toBe(false);
      expect(await delivered(await second).ack()).toBe(true);
      expect(channel.kept).toBe(0);
    });
  });

  it("forgets a message that it delivered, where at most once will do", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host, { delivery: "at-most-once" });
      await send("a");
      const delivery = delivered(await channel.receive("r"));
      expect([channel.kept, await delivery.ack()]).toEqual([0, false]);
    });
  });

  it.each([
    ["block", { ok: false, error: "timed-out" }, 5 * SECOND],
    ["drop", { ok: false, error: "dropped" }, 0],
    ["error", { ok: false, error: "full" }, 0],
  ] as const)("answers a sender for whom there is no room: %s", async (whenFull, expected, after) => {
    await onHost(async (host) => {
      const { channel, send } = make(host, { whenFull });
      await send("a", "b", "c");
      expect(await channel.send("message d", "d")).toEqual(expected);
      expect([host.clock.monotonic(), channel.kept]).toEqual([after, 3]);
    });
  });

  it("takes in who waits for room, in order, as soon as there is some", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      await send("a", "b", "c");
      const [d, e] = [channel.send("message d", "d"), channel.send("message e", "e")];
      await delivered(await channel.receive("r")).ack();
      expect(await d).toEqual({ ok: true, sequence: 4 });
      expect(await e).toEqual({ ok: false, error: "timed-out" });
    });
  });

  it("lets nobody wait for a message longer than the receive time-out, and gives them nothing later", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      expect(await channel.receive("r")).toEqual({ ok: false, error: "timed-out" });
      expect(host.clock.monotonic()).toBe(10 * SECOND);
      await send("a");
      expect(delivered(await channel.receive("s")).count).toBe(1);
    });
  });

  it("gives nothing to an actor that ended while it waited", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      const actor = new Actors(host).spawn<never, never>("receiver", () => ({}));
      const waiting = channel.receive("r", actor);
      actor.exit({ kind: "killed", by: "a test" });
      expect((await waiting).ok).toBe(false);
      await send("a");
      expect(delivered(await channel.receive("s")).count).toBe(1);
    });
  });

  it("takes back what an actor had that ended, and gives it to the next receiver at once", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      const actor = new Actors(host).spawn<never, never>("receiver", () => ({}));
      await send("a", "b");
      const a = delivered(await channel.receive("r", actor));
      const b = delivered(await channel.receive("r", actor));
      await a.ack();
      const next = channel.receive("s");
      actor.exit({ kind: "killed", by: "a test" });
      expect(delivered(await next)).toMatchObject({ key: "b", count: 2 });
      expect([host.clock.monotonic(), await b.ack(), channel.kept]).toEqual([0, false, 1]);
    });
  });

  it("gives what it takes back to none of those that end together", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      const actors = new Actors(host);
      const counts: number[] = [];
      const receive = async (actor: ActorRef<never, never>) => {
        const received = await channel.receive(actor.id, actor);
        if (received.ok) counts.push(received.delivery.count);
      };
      const root = new TreeSupervisor(actors, {
        name: "root",
        strategy: "one-for-all",
        intensity: { maxRestarts: 1, window: SECOND },
      });
      const children = ["1", "2", "3", "4"].map((id) =>
        root.start({ id, restart: "permanent", start: () => actors.spawn<never, never>(id, () => ({})) }),
      );
      // The last one has the message; as they end, the last one first, the others still wait.
      for (const { current } of [...children].reverse()) if (current !== undefined) void receive(current);
      await send("a");
      children[0]?.current?.exit({ kind: "killed", by: "a test" });
      for (const { current } of children) if (current !== undefined) void receive(current);
      await host.sleep(1);
      expect([counts, channel.kept]).toEqual([[1, 2], 1]);
    });
  });

  it("leaves a message with the dead letters when it was delivered too often or is too old", async () => {
    await onHost(async (host) => {
      const { channel, box, send } = make(host, { messageTtl: HOUR / 10 });
      await send("poison", "old");
      for (let i = 0; i < 3; i++) await delivered(await channel.receive("r")).nack();
      expect(reasons(box.letters)).toEqual(["poison too-many-deliveries"]);
      await host.sleep(HOUR / 10);
      expect(reasons(box.letters)).toEqual(["poison too-many-deliveries", "old expired"]);
      expect(channel.kept).toBe(0);
    });
  });

  it("keeps a dead letter until it could be left", async () => {
    await onHost(async (host) => {
      const letters: string[] = [];
      let tries = 0;
      const channel = new MemoryChannel<string>(
        host,
        { ...CONFIG, maxDeliveries: 1, capacity: 1 },
        async (letter) => {
          if (++tries < 3) return false;
          letters.push(letter.key);
          return true;
        },
      );
      await channel.send("message a", "a");
      await delivered(await channel.receive("r")).nack();
      const waiting = channel.send("message b", "b");
      await host.sleep(SECOND);
      expect([channel.kept, letters]).toEqual([1, []]);
      expect(await waiting).toMatchObject({ ok: true });
      expect([letters, host.clock.monotonic()]).toEqual([["a"], 2 * SECOND]);
    });
  });

  it("takes nothing in once it is closed, and gives out what it has", async () => {
    await onHost(async (host) => {
      const { channel, send } = make(host);
      const waiting = channel.receive("r");
      await send("a", "b", "c", "d");
      const blocked = channel.send("message e", "e");
      channel.close();
      expect(await blocked).toEqual({ ok: false, error: "closed" });
      expect((await channel.send("message f", "f")).ok).toBe(false);
      expect(delivered(await waiting).key).toBe("a");
      for (const key of ["b", "c"]) expect(delivered(await channel.receive("r")).key).toBe(key);
      expect(await channel.receive("r")).toEqual({ ok: false, error: "closed" });
    });
  });

  it("tells the history what becomes of each message", async () => {
    const seen = await onHost(async (host) => {
      const { channel, send } = make(host);
      await send("a");
      await delivered(await channel.receive("r")).nack();
      await delivered(await channel.receive("s")).ack();
    });
    const facts = seen.history.flatMap((fact) =>
      "stream" in fact ? [`${fact.kind} ${fact.deliveryId} ${fact.group}`] : [],
    );
    expect(facts).toEqual([
      "publish  ",
      "deliver orders/1/1 r",
      "nack orders/1/1 r",
      "deliver orders/1/2 s",
      "ack orders/1/2 s",
    ]);
  });

  it("is refused a configuration that makes no sense", async () => {
    await onHost((host) => {
      expect(() => make(host, { capacity: 0 })).toThrow(
        "channel orders: capacity: expected a whole number, 1 or more, got 0",
      );
    });
  });
});

describe("a topic", () => {
  it("gives each subscriber each message, and waits for none but the slow one", async () => {
    await onHost(async (host) => {
      const topic = new MemoryTopic<string>(host, { ...CONFIG, capacity: 1, whenFull: "error" }, () => true);
      const [quick, slow] = [topic.subscribe("quick"), topic.subscribe("slow")];
      expect(topic.subscribe("slow")).toBe(slow);
      expect(await topic.publish("message a", "a")).toEqual({ ok: true, missed: 0 });
      await delivered(await quick.receive("r")).ack();
      expect(await topic.publish("message b", "b")).toEqual({ ok: true, missed: 1 });
      expect(delivered(await quick.receive("r")).key).toBe("b");
      expect(delivered(await slow.receive("r")).key).toBe("a");
      topic.unsubscribe("slow");
      topic.unsubscribe("slow");
      expect(await topic.publish("message c", "c")).toEqual({ ok: true, missed: 1 });
    });
  });
});

describe("a channel and its reference model", () => {
  type Step =
    | { readonly kind: "send" | "receive" }
    | { readonly kind: "ack" | "nack"; readonly pick: number }
    | { readonly kind: "wait"; readonly ms: number };

  const pick = fc.nat({ max: 999 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>({ kind: "send" }) },
    { weight: 5, arbitrary: fc.constant<Step>({ kind: "receive" }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom("ack" as const, "nack" as const), pick }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 60_000 }) }),
    },
  );
  const config = fc
    .record({
      capacity: fc.integer({ min: 1, max: 4 }),
      whenFull: fc.constantFrom("block" as const, "drop" as const, "error" as const),
      delivery: fc.constantFrom("at-least-once" as const, "at-least-once" as const, "at-most-once" as const),
      maxDeliveries: fc.integer({ min: 1, max: 3 }),
      ttl: fc.option(fc.integer({ min: 1, max: 90 })),
    })
    .map(
      ({ ttl, ...rest }): ChannelConfig => ({
        ...CONFIG,
        ...rest,
        ...(ttl === null ? {} : { messageTtl: ttl * SECOND }),
      }),
    );

  const shownSend = (result: SendResult) => (result.ok ? `${result.sequence}` : result.error);
  const shownReceive = (result: ReceiveResult<string>) =>
    result.ok ? `${result.delivery.sequence}/${result.delivery.count}` : result.error;

  /** Does the same to both; a difference is what the test fails by. */
  async function compare(config: ChannelConfig, steps: readonly Step[]): Promise<void> {
    await onHost(
      async (host) => {
        const { channel, box } = make(host, config);
        const model = new ChannelModel(config);
        const sent = new Map<number, string>();
        const received = new Map<number, ReceiveResult<string>>();
        let named = 0;
        for (const step of steps) {
          const name = ++named;
          switch (step.kind) {
            case "send":
              void channel.send("a message", `${name}`).then((result) => sent.set(name, shownSend(result)));
              model.send(name);
              break;
            case "receive":
              void channel.receive("r").then((result) => received.set(name, result));
              model.receive(name);
              break;
            case "ack":
            case "nack": {
              const deliveries = [...received].filter(([, result]) => result.ok);
              const [of, result] = deliveries[step.pick % deliveries.length] ?? [];
              if (of === undefined || result === undefined) break;
              expect(await delivered(result)[step.kind]()).toBe(model.answer(of, step.kind));
              break;
            }
            case "wait":
              await host.sleep(step.ms * 1_000);
              model.advance(host.clock.monotonic());
          }
          await host.sleep(1); // what is due at the same instant may come before or after
          model.advance(host.clock.monotonic());
          expect(sent).toEqual(model.sent);
          expect(new Map([...received].map(([name, result]) => [name, shownReceive(result)]))).toEqual(
            model.received,
          );
          expect(box.letters.map(({ sequence, reason }) => `${sequence} ${reason}`)).toEqual(model.dead);
          expect(channel.kept).toBe(model.kept.length);
        }
      },
      { duration: 100 * MINUTE },
    );
  }

  it("agree on what becomes of every message", async () => {
    await fc.assert(fc.asyncProperty(config, fc.array(step, { maxLength: 60, size: "max" }), compare), {
      numRuns: 200,
    });
  });
});
