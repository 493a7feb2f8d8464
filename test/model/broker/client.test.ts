import { MILLISECOND, MINUTE, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import type { Advisory, Delivery, WatchEvent } from "../../../src/model/broker/api.js";
import type { StreamConfig } from "../../../src/model/broker/config.js";
import { good, withBrokers } from "./cluster.js";

const stream = (name: string, more: Partial<StreamConfig> = {}): StreamConfig => ({
  name,
  subjects: [`${name}.>`],
  retention: "limits",
  replicas: 3,
  storage: "file",
  ...more,
});

describe("a stream", () => {
  it.each([
    ["of three replicas", {}],
    ["of one on file", { replicas: 1 }],
    ["of one in memory", { replicas: 1, storage: "memory", placement: "b2" }],
  ] as const)(
    "%s acknowledges each message with its place, and a repeated id with that of the first",
    async (_, how) => {
      await withBrokers([
        async (client) => {
          good(await client.createStream(stream("S", how)));
          good(await client.createStream(stream("S", how)));
          const first = good(await client.publish("S.a", 1, { messageId: "m1", headers: { trace: "t" } }));
          expect(first).toEqual({ stream: "S", sequence: 1, duplicate: false });
          expect(good(await client.publish("S.b", 2)).sequence).toBe(2);
          expect(good(await client.publish("S.a", 1, { messageId: "m1" }))).toEqual({
            stream: "S",
            sequence: 1,
            duplicate: true,
          });
          expect(await client.publish("S.a", 3, { expectedLastSequence: 1 })).toEqual({
            status: "refused",
            reason: "wrong-last-sequence",
          });
          expect(good(await client.publish("S.a", 3, { expectedLastSequence: 2 })).sequence).toBe(3);
          expect(await client.publish("T.a", 3)).toEqual({
            status: "refused",
            reason: "no-stream-for-subject",
          });
          const read = good(await client.readStream("S", { after: 0, limit: 10, filter: "S.a" }));
          expect(read.map(({ sequence, data, headers }) => [sequence, data, headers])).toEqual([
            [1, 1, { trace: "t" }],
            [3, 3, {}],
          ]);
        },
      ]);
    },
  );

  it.each([
    ["of three replicas", {}],
    ["of one on file", { replicas: 1, placement: "b3" }],
    ["of one in memory", { replicas: 1, storage: "memory", placement: "b2" }],
  ] as const)("%s can be changed, purged, deleted and made anew", async (_, how) => {
    await withBrokers([
      async (client, host) => {
        const config = stream("S", { maxMessages: 10, discard: "new", ...how });
        good(await client.createStream(config));
        for (let n = 1; n <= 10; n++)
          good(await client.publish(`S.${n % 2 === 0 ? "even" : "odd"}`, n, { messageId: `m${n}` }));
        expect(await client.publish("S.odd", 11)).toMatchObject({ reason: "stream-full" });
        const wider = { ...config, subjects: ["S.>", "T.>"], maxMessages: 12 };
        good(await client.updateStream(wider));
        await host.sleep(SECOND);
        expect(good(await client.publish("T.odd", 11)).sequence).toBe(11);
        expect(await client.updateStream({ ...wider, retention: "interest" })).toMatchObject({
          reason: "not-changeable",
        });
        expect(await client.updateStream({ ...wider, name: "U" })).toMatchObject({
          reason: "no-such-stream",
        });
        expect(good(await client.purgeStream("S", { filter: "S.even", keep: 1 }))).toBe(4);
        expect(good(await client.purgeStream("S", { below: 5 }))).toBe(2);
        const left = async () =>
          good(await client.readStream("S", { after: 0, limit: 20 })).map(({ sequence }) => sequence);
        expect(await left()).toEqual([5, 7, 9, 10, 11]);
        good(await client.updateStream({ ...wider, maxMessages: 2 }));
        await host.sleep(SECOND);
        expect(await left()).toEqual([10, 11]);
        expect(good(await client.publish("S.odd", 11, { messageId: "m9" })).duplicate).toBe(true);
        good(await client.deleteStream("S"));
        expect(await client.deleteStream("S")).toMatchObject({ reason: "no-such-stream" });
        await host.sleep(SECOND);
        expect(await client.publish("S.odd", 1)).toMatchObject({ reason: "no-stream-for-subject" });
        good(await client.createStream(config));
        await host.sleep(SECOND);
        expect(good(await client.publish("S.odd", 1, { messageId: "m9" }))).toEqual({
          stream: "S",
          sequence: 1,
          duplicate: false,
        });
      },
    ]);
  });

  it("may not be given subjects that another stream takes", async () => {
    await withBrokers([
      async (client) => {
        good(await client.createStream(stream("S")));
        good(await client.createStream(stream("T")));
        expect(await client.updateStream(stream("S", { subjects: ["S.>", "T.a"] }))).toMatchObject({
          reason: "subjects-overlap",
        });
      },
    ]);
  });

  it("forgets an id after its window, and messages after their age", async () => {
    await withBrokers([
      async (client, host) => {
        good(await client.createStream(stream("S", { duplicateWindow: 5 * SECOND, maxAge: 8 * SECOND })));
        good(await client.publish("S.a", 1, { messageId: "m" }));
        await host.sleep(3 * SECOND);
        expect(good(await client.publish("S.a", 1, { messageId: "m" })).duplicate).toBe(true);
        await host.sleep(3 * SECOND);
        expect(good(await client.publish("S.a", 1, { messageId: "m" }))).toMatchObject({
          sequence: 2,
          duplicate: false,
        });
        await host.sleep(5 * SECOND);
        expect(good(await client.streamState("S"))).toMatchObject({ messages: 1, firstSequence: 2 });
        await host.sleep(5 * SECOND);
        expect(good(await client.streamState("S"))).toMatchObject({ messages: 0, firstSequence: 3 });
      },
    ]);
  });

  it("gives way by its limits to the new, or refuses it", async () => {
    await withBrokers([
      async (client) => {
        good(await client.createStream(stream("OLD", { maxMessages: 2, maxMessageBytes: 100 })));
        good(await client.createStream(stream("NEW", { maxMessages: 2, discard: "new" })));
        for (const name of ["OLD", "NEW"]) {
          good(await client.publish(`${name}.a`, 1));
          good(await client.publish(`${name}.a`, 2));
        }
        expect(good(await client.publish("OLD.a", 3)).sequence).toBe(3);
        expect(await client.publish("NEW.a", 3)).toEqual({ status: "refused", reason: "stream-full" });
        expect(good(await client.streamState("OLD"))).toMatchObject({ messages: 2, firstSequence: 2 });
        expect(await client.publish("OLD.a", "x".repeat(200))).toEqual({
          status: "refused",
          reason: "message-too-large",
        });
      },
    ]);
  });

  it("keeps a message as long as consumers want it, by its retention", async () => {
    await withBrokers([
      async (client) => {
        good(await client.createStream(stream("I", { retention: "interest" })));
        good(await client.publish("I.a", 0));
        expect(good(await client.streamState("I")).messages).toBe(0);
        good(await client.createConsumer("I", { name: "one" }));
        good(await client.createConsumer("I", { name: "two" }));
        good(await client.publish("I.a", 1));
        const [one] = good(await client.pull("I", "one", { batch: 5, wait: SECOND }));
        good(await (one as Delivery).ack());
        expect(good(await client.streamState("I")).messages).toBe(1);
        const [two] = good(await client.pull("I", "two", { batch: 5, wait: SECOND }));
        good(await (two as Delivery).ack());
        expect(good(await client.streamState("I")).messages).toBe(0);

        good(await client.createStream(stream("W", { retention: "work-queue" })));
        good(await client.createConsumer("W", { name: "a", filters: ["W.a"] }));
        expect(await client.createConsumer("W", { name: "all" })).toMatchObject({
          reason: "filters-overlap",
        });
        good(await client.createConsumer("W", { name: "b", filters: ["W.b.*"] }));
        expect(await client.createConsumer("W", { name: "a" })).toMatchObject({ reason: "exists" });
        expect(await client.createStream(stream("X", { subjects: ["W.*"] }))).toMatchObject({
          reason: "subjects-overlap",
        });
        expect(await client.createStream(stream("Y", { storage: "memory" }))).toMatchObject({
          reason: "invalid",
        });
        expect(await client.pull("W", "nobody", { batch: 1, wait: 0 })).toMatchObject({
          reason: "no-such-consumer",
        });
        expect(await client.pull("Z", "nobody", { batch: 1, wait: 0 })).toMatchObject({
          reason: "no-such-stream",
        });
        for (const options of [
          { batch: 0, wait: 0 },
          { batch: 1, wait: -1 },
          { batch: 1, wait: Number.POSITIVE_INFINITY },
        ])
          expect(await client.pull("W", "a", options)).toMatchObject({ reason: "invalid" });
      },
    ]);
  });
});

describe("a pull consumer", () => {
  it("delivers again after the ack wait, a nak with delay and a back-off, and then gives up with an advisory", async () => {
    await withBrokers([
      async (client, host) => {
        good(await client.createStream(stream("ADVICE", { subjects: ["$JS.EVENT.ADVISORY.>"] })));
        good(await client.createStream(stream("S")));
        good(await client.createConsumer("S", { name: "c", backOff: [SECOND, 3 * SECOND], maxDeliver: 3 }));
        good(await client.publish("S.a", "hello"));
        const times: number[] = [];
        const next = async (): Promise<Delivery> => {
          const [delivery] = good(await client.pull("S", "c", { batch: 1, wait: 10 * SECOND }));
          times.push(host.clock.monotonic());
          return delivery as Delivery;
        };
        const gap = (): number => ((times.at(-1) as number) - (times.at(-2) as number)) / SECOND;
        await next();
        const second = await next();
        expect(second.deliveryCount).toBe(2);
        expect(gap()).toBeGreaterThan(0.9);
        expect(gap()).toBeLessThan(1.3);
        good(await second.nak(2 * SECOND));
        expect(await second.inProgress()).toBeDefined();
        const third = await next();
        expect(gap()).toBeGreaterThan(1.9);
        await host.sleep(2 * SECOND);
        good(await third.inProgress());
        await host.sleep(2 * SECOND);
        expect(good(await client.consumerState("S", "c")).ackPending).toBe(1);
        await host.sleep(2 * SECOND);
        expect(good(await client.consumerState("S", "c")).ackPending).toBe(0);
        expect(await third.nak()).toMatchObject({ reason: "not-current" });
        const [advice] = good(await client.readStream("ADVICE", { after: 0, limit: 5 }));
        expect(advice?.subject).toBe("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.S.c");
        expect(advice?.data as unknown as Advisory).toEqual({
          stream: "S",
          consumer: "c",
          sequence: 1,
          deliveryCount: 3,
          reason: "",
        });
        good(await client.publish("S.a", "poison"));
        const poison = await next();
        good(await poison.term("bad"));
        const [, terminated] = good(await client.readStream("ADVICE", { after: 0, limit: 5 }));
        expect(terminated?.data).toMatchObject({ sequence: 2, reason: "bad" });
      },
    ]);
  });

  it("has no more out than it may, and lets whoever waits know when there is something", async () => {
    await withBrokers([
      async (client, host) => {
        good(await client.createStream(stream("S")));
        good(await client.createConsumer("S", { name: "c", maxAckPending: 2 }));
        for (let i = 0; i < 4; i++) good(await client.publish("S.a", i));
        const got = good(await client.pull("S", "c", { batch: 10, wait: SECOND }));
        expect(got.map(({ data, pending }) => [data, pending])).toEqual([
          [0, 3],
          [1, 2],
        ]);
        expect(good(await client.pull("S", "c", { batch: 10, wait: 0 }))).toEqual([]);
        const waiting = client.pull("S", "c", { batch: 10, wait: 10 * SECOND });
        await host.sleep(SECOND);
        good(await (got[0] as Delivery).ack());
        expect(good(await waiting).map(({ data }) => data)).toEqual([2]);
      },
    ]);
  });
});

describe("a push consumer", () => {
  it("delivers each message to one member of its group", async () => {
    const got: string[] = [];
    const member =
      (name: string) =>
      async (
        client: import("../../../src/model/broker/client.js").BrokerClient,
        host: import("seedstorm").Host,
      ) => {
        await host.sleep(SECOND);
        client.subscribe(
          "S",
          "c",
          (delivery) => {
            got.push(`${name}:${String(delivery.data)}`);
            void delivery.ack();
          },
          "group",
        );
      };
    await withBrokers([
      async (client, host) => {
        good(await client.createStream(stream("S")));
        good(await client.createConsumer("S", { name: "c", mode: "push", deliverGroup: "group" }));
        await host.sleep(5 * SECOND);
        for (let i = 0; i < 6; i++) good(await client.publish("S.a", i));
      },
      member("one"),
      member("two"),
      async (client, host) => {
        await host.sleep(SECOND);
        client.subscribe("S", "c", () => got.push("stranger"), "other");
      },
    ]);
    expect(got.map((text) => text.slice(4)).sort()).toEqual(["0", "1", "2", "3", "4", "5"]);
    expect(new Set(got.map((text) => text.slice(0, 3)))).toEqual(new Set(["one", "two"]));
  });
});

describe("a bucket", () => {
  it("has revisions, compare-and-set, history and deletions", async () => {
    await withBrokers([
      async (client) => {
        good(await client.createBucket({ name: "B", replicas: 3, storage: "file", history: 2 }));
        const bucket = client.bucket("B");
        expect(good(await bucket.create("k", 1))).toBe(1);
        expect(await bucket.create("k", 2)).toMatchObject({ reason: "key-exists" });
        expect(good(await bucket.update("k", 2, 1))).toBe(2);
        expect(await bucket.update("k", 3, 1)).toMatchObject({ reason: "wrong-last-sequence" });
        expect(good(await bucket.put("k", 3))).toBe(3);
        expect(good(await bucket.history("k")).map(({ value }) => value)).toEqual([2, 3]);
        good(await bucket.delete("k"));
        expect(good(await bucket.get("k"))).toMatchObject({ operation: "delete", revision: 4 });
        expect(good(await bucket.keys())).toEqual([]);
        expect(good(await bucket.create("k", 5))).toBe(5);
        expect(good(await bucket.get("none"))).toBeUndefined();
      },
    ]);
  });

  it.each([
    ["three replicas", { replicas: 3, storage: "file" }],
    ["memory", { replicas: 1, storage: "memory", placement: "b2" }],
  ] as const)("is watched in order over the crash of a broker: %s", async (kind, how) => {
    const seen: string[] = [];
    await withBrokers(
      [
        async (client, host) => {
          good(await client.createBucket({ name: "B", ...how }));
          const bucket = client.bucket("B");
          good(await bucket.put("a", 1));
          bucket.watch((event: WatchEvent) => {
            seen.push(
              event.type === "entry" ? `${event.entry.key}=${String(event.entry.value)}` : event.type,
            );
          });
          await host.sleep(2 * SECOND);
          for (let i = 0; i < 30; i++) {
            await bucket.put("b", i);
            await host.sleep(400 * MILLISECOND);
          }
        },
      ],
      {
        faults: [{ id: "c", kind: "crash", at: 10 * SECOND, for: 3 * SECOND, target: "b2" }],
        duration: MINUTE,
      },
    );
    expect(seen.slice(0, 2)).toEqual(["a=1", "current"]);
    expect(seen.at(-1)).toBe("b=29");
    expect(seen.includes("reset")).toBe(kind === "memory");
    const order = seen.flatMap((text) => (text.startsWith("b=") ? [Number(text.slice(2))] : []));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    if (kind !== "memory") expect(order).toHaveLength(30);
  });
});
