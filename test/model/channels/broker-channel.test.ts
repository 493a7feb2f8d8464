import * as fc from "fast-check";
import { type Fault, HOUR, type Host, MINUTE, ms, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { Actors } from "../../../src/model/actors/actors.js";
import { MemoryChannel } from "../../../src/model/actors/channel.js";
import type { Channel, Delivery, ReceiveResult, SendResult } from "../../../src/model/actors/channel-api.js";
import type { BrokerClient } from "../../../src/model/broker/client.js";
import { BrokerChannel } from "../../../src/model/channels/broker-channel.js";
import { BrokerDeadLetters } from "../../../src/model/channels/broker-dead-letters.js";
import { BrokerTopic } from "../../../src/model/channels/broker-topic.js";
import type { BrokerChannelConfig } from "../../../src/model/channels/config.js";
import { good, withBrokers } from "../broker/cluster.js";
import { ChannelModel } from "./channel-model.js";

const CONFIG: BrokerChannelConfig = {
  name: "orders",
  capacity: 3,
  whenFull: "block",
  sendTimeout: 2 * SECOND,
  receiveTimeout: SECOND,
  ackTimeout: 5 * SECOND,
  maxDeliveries: 2,
};

function make(host: Host, client: BrokerClient, parts: Partial<BrokerChannelConfig> = {}) {
  const dead = new BrokerDeadLetters<string>(host, client, "office");
  const channel = new BrokerChannel<string>(host, client, { ...CONFIG, ...parts }, (letter) =>
    dead.accept(letter),
  );
  const letters = async () =>
    good(await dead.read(0, 100)).map(({ channel: from, key, reason }) => `${from} ${key} ${reason}`);
  return { channel, letters };
}

function delivered<M>(result: ReceiveResult<M>): Delivery<M> {
  if (!result.ok) throw new Error(result.error);
  return result.delivery;
}

/** Code that knows only that it has a channel. */
async function useIt(channel: Channel<string>): Promise<string[]> {
  const seen: string[] = [];
  for (const key of ["a", "b"]) seen.push(`sent ${(await channel.send(`message ${key}`, key)).ok}`);
  const first = delivered(await channel.receive("r"));
  seen.push(`${first.message} ${first.count} ${await first.nack()}`);
  for (let n = 0; n < 2; n++) {
    const { message, count, ack } = delivered(await channel.receive("r"));
    seen.push(`${message} ${count} ${await ack()} ${await ack()}`);
  }
  seen.push(JSON.stringify(await channel.receive("r")));
  channel.close();
  seen.push(JSON.stringify(await channel.send("message c", "c")));
  return seen;
}

describe("a channel over the broker", () => {
  it("is used as one in memory is, to the same effect", async () => {
    await withBrokers([
      async (client, host) => {
        const inMemory = new MemoryChannel<string>(host, CONFIG, () => true);
        expect(await useIt(make(host, client).channel)).toEqual(await useIt(inMemory));
      },
    ]);
  });

  it("is one channel for all hosts that have a handle", async () => {
    const seen: string[] = [];
    await withBrokers([
      async (client, host) => {
        const { channel } = make(host, client);
        for (const key of ["a", "b", "c"]) await channel.send(`message ${key}`, key);
      },
      async (client, host) => {
        const { channel } = make(host, client, { receiveTimeout: 10 * SECOND });
        for (let n = 0; n < 3; n++) {
          const { key, ack } = delivered(await channel.receive("r"));
          seen.push(key);
          await ack();
        }
      },
    ]);
    expect(seen).toEqual(["a", "b", "c"]);
  });

  it("delivers to another receiver what one that crashed had, and loses nothing when the leader crashes", async () => {
    const faults: Fault[] = [
      { id: "f1", kind: "crash", target: "c2", at: 12 * SECOND, for: 200 * SECOND },
      ...["b1", "b2", "b3"].map(
        (target, i): Fault => ({
          id: `f${i + 2}`,
          kind: "crash",
          target,
          at: (20 + 8 * i) * SECOND,
          for: 3 * SECOND,
        }),
      ),
    ];
    const seen: string[] = [];
    await expect(
      withBrokers(
        [
          async (client, host) => {
            const { channel } = make(host, client, { receiveTimeout: 60 * SECOND });
            await channel.send("message a", "a");
            await channel.send("message b", "b");
            await host.sleep(50 * SECOND);
            for (let n = 0; n < 2; n++) {
              const { key, count, ack } = delivered(await channel.receive("r"));
              seen.push(`${key} ${count}`);
              await ack();
            }
          },
          async (client, host) => {
            await host.sleep(5 * SECOND);
            const { channel } = make(host, client);
            delivered(await channel.receive("r"));
            await host.sleep(100 * SECOND);
          },
        ],
        { faults, duration: 2 * MINUTE },
      ),
    ).rejects.toThrow(); // the script that crashed has not ended
    expect(seen).toEqual(["a 2", "b 1"]);
  });

  it.each([
    ["block", { ok: false, error: "timed-out" }],
    ["drop", { ok: false, error: "dropped" }],
    ["error", { ok: false, error: "full" }],
  ] as const)("answers a sender for whom there is no room: %s", async (whenFull, expected) => {
    await withBrokers([
      async (client, host) => {
        const { channel } = make(host, client, { whenFull });
        for (const key of ["a", "b", "c"]) await channel.send(`message ${key}`, key);
        const began = host.clock.monotonic();
        expect(await channel.send("message d", "d")).toEqual(expected);
        const took = host.clock.monotonic() - began;
        expect(took >= 2 * SECOND).toBe(whenFull === "block");
      },
    ]);
  });

  it("takes in who waits as soon as there is room, in the order of one sender", async () => {
    await withBrokers([
      async (client, host) => {
        const { channel } = make(host, client, { capacity: 1, sendTimeout: 20 * SECOND });
        const sent = ["a", "b", "c"].map((key) => channel.send(`message ${key}`, key));
        const keys: string[] = [];
        for (let n = 0; n < 3; n++) {
          const { key, ack } = delivered(await channel.receive("r"));
          keys.push(key);
          await ack();
        }
        expect(keys).toEqual(["a", "b", "c"]);
        expect((await Promise.all(sent)).map(({ ok }) => ok)).toEqual([true, true, true]);
      },
    ]);
  });

  it("says that it does not know, where nobody answers, and keeps a message once that is sent again", async () => {
    const cut: Fault = {
      id: "f1",
      kind: "partition",
      a: ["b1", "b2", "b3"],
      b: ["c1"],
      oneWay: true,
      at: 10 * SECOND,
      for: 10 * SECOND,
    };
    await withBrokers(
      [
        async (client, host) => {
          const { channel } = make(host, client);
          await channel.send("message a", "a");
          await host.sleep(12 * SECOND - host.clock.monotonic());
          expect(await channel.send("message b", "b")).toEqual({ ok: false, error: "unknown" });
          await host.sleep(30 * SECOND - host.clock.monotonic());
          expect(await channel.send("message b", "b")).toEqual({ ok: true, sequence: 2 });
          expect(delivered(await channel.receive("r")).key).toBe("a");
          expect(delivered(await channel.receive("r")).key).toBe("b");
          expect((await channel.receive("r")).ok).toBe(false);
        },
      ],
      { faults: [cut] },
    );
  });

  it("leaves with the dead letters what was delivered too often or is too old, whoever receives", async () => {
    await withBrokers([
      async (client, host) => {
        const { channel, letters } = make(host, client, { messageTtl: 6 * SECOND });
        await channel.send("poison", "poison");
        for (let n = 0; n < 2; n++) await delivered(await channel.receive("r")).nack();
        await channel.send("old", "old");
        await host.sleep(9 * SECOND);
        expect(await letters()).toEqual(["orders poison too-many-deliveries", "orders old expired"]);
        expect((await channel.receive("r")).ok).toBe(false);
      },
    ]);
  });

  it("forgets a message that it delivered, where at most once will do", async () => {
    await withBrokers([
      async (client, host) => {
        const { channel } = make(host, client, { delivery: "at-most-once" });
        await channel.send("message a", "a");
        expect(await delivered(await channel.receive("r")).ack()).toBe(false);
        await host.sleep(10 * SECOND);
        expect((await channel.receive("r")).ok).toBe(false);
      },
    ]);
  });

  it("gives nothing to an actor that ended while it waited", async () => {
    await withBrokers([
      async (client, host) => {
        const { channel } = make(host, client, { receiveTimeout: 10 * SECOND });
        const actor = new Actors(host).spawn<never, never>("receiver", () => ({}));
        const waiting = channel.receive("r", actor);
        await host.sleep(SECOND);
        actor.exit({ kind: "killed", by: "a test" });
        expect((await waiting).ok).toBe(false);
        await channel.send("message a", "a");
        expect(delivered(await channel.receive("s")).key).toBe("a");
      },
    ]);
  });

  it("says why a channel is not as it is to be, and is closed", async () => {
    await withBrokers([
      async (client, host) => {
        await make(host, client).channel.opened;
        const other = make(host, client, { capacity: 4 }).channel;
        expect(await other.opened).toEqual({ ok: false, reason: "exists" });
        expect(await other.send("message a", "a")).toEqual({ ok: false, error: "closed" });
        expect(await other.receive("r")).toEqual({ ok: false, error: "closed" });
        expect(() => make(host, client, { capacity: 0 })).toThrow(
          "channel orders: capacity: expected a whole number, 1 or more, got 0",
        );
        expect(() => make(host, client, { name: "a b" })).toThrow(
          'name: expected letters, digits, _ and -, got "a b"',
        );
      },
    ]);
  });
});

describe("a topic over the broker", () => {
  it("gives each subscriber what is published from its subscription on, also after it was away", async () => {
    await withBrokers([
      async (client, host) => {
        const config = { ...CONFIG, capacity: 10 };
        const make = () => new BrokerTopic<string>(host, client, config, () => true);
        const topic = make();
        const one = topic.subscribe("one");
        await one.subscribed;
        expect(await topic.publish("message a", "a")).toEqual({ ok: true, missed: 0 });
        const two = topic.subscribe("two");
        await two.subscribed;
        one.close();
        await topic.publish("message b", "b");
        const again = make().subscribe("one");
        for (const key of ["a", "b"]) {
          const delivery = delivered(await again.receive("r"));
          expect([delivery.key, await delivery.ack()]).toEqual([key, true]);
        }
        expect(delivered(await two.receive("r")).key).toBe("b");
        topic.unsubscribe("two");
        expect(await two.receive("r")).toEqual({ ok: false, error: "closed" });
      },
    ]);
  });
});

describe("a channel over the broker and its reference model", () => {
  type Step =
    | { readonly kind: "send" | "receive" | "lapse" }
    | { readonly kind: "ack" | "nack" | "again"; readonly pick: number };

  const pick = fc.nat({ max: 999 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<Step>({ kind: "send" }) },
    { weight: 6, arbitrary: fc.constant<Step>({ kind: "receive" }) },
    { weight: 1, arbitrary: fc.constant<Step>({ kind: "lapse" }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constantFrom("ack" as const, "nack" as const, "again" as const),
        pick,
      }),
    },
  );
  const config = fc.record({
    capacity: fc.integer({ min: 1, max: 4 }),
    whenFull: fc.constantFrom("block" as const, "drop" as const, "error" as const),
    delivery: fc.constantFrom("at-least-once" as const, "at-least-once" as const, "at-most-once" as const),
    maxDeliveries: fc.integer({ min: 1, max: 3 }),
  });

  const shownSend = (result: SendResult) => (result.ok ? `${result.sequence}` : result.error);
  const shownReceive = (result: ReceiveResult<string>) =>
    result.ok ? `${result.delivery.sequence}/${result.delivery.count}` : result.error;

  it("agree on what becomes of every message", async () => {
    await fc.assert(
      fc.asyncProperty(config, fc.array(step, { maxLength: 25, size: "max" }), async (parts, steps) => {
        const lapse = MINUTE;
        const full = {
          ...CONFIG,
          ...parts,
          ackTimeout: lapse,
          sendTimeout: ms(400),
          receiveTimeout: ms(400),
          duplicateWindow: HOUR * 9,
        };
        await withBrokers(
          [
            async (client, host) => {
              const { channel, letters } = make(host, client, full);
              const model = new ChannelModel(full);
              const keys: string[] = [];
              let out: Delivery<string>[] = [];
              await channel.opened;
              for (const step of steps) {
                switch (step.kind) {
                  case "send":
                  case "again": {
                    if (step.kind === "send") keys.push(`k${keys.length}`);
                    const key = "pick" in step ? keys[step.pick % keys.length] : keys.at(-1);
                    if (key === undefined) break;
                    const sent = shownSend(await channel.send("a message", key));
                    const expected = model.send(key);
                    // The time for sending may end while the broker is asked once more: then nobody knows yet that it was full.
                    expect(sent === "unknown" ? "timed-out" : sent).toBe(expected);
                    break;
                  }
                  case "receive": {
                    const result = await channel.receive("r");
                    expect(shownReceive(result)).toBe(model.receive());
                    await host.sleep(ms(100)); // what was asked of the broker is over
                    if (result.ok && full.delivery !== "at-most-once") out.push(result.delivery);
                    break;
                  }
                  case "ack":
                  case "nack": {
                    const at = step.pick % Math.max(1, out.length);
                    const delivery = out[at];
                    if (delivery === undefined) break;
                    expect(await delivery[step.kind]()).toBe(true);
                    model[step.kind](at);
                    out.splice(at, 1);
                    break;
                  }
                  case "lapse":
                    await host.sleep(lapse + SECOND);
                    model.lapse();
                    out = [];
                }
                expect((await letters()).map((letter) => letter.split(" ")[1])).toEqual(model.dead);
              }
            },
          ],
          { duration: 30 * MINUTE },
        );
      }),
      { numRuns: 40 },
    );
  });
});
