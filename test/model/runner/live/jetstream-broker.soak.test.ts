/** The runner's broker over a real JetStream. */
import { join } from "node:path";
import type { NatsConnection } from "@nats-io/transport-node";
import { describe, expect, it, onTestFinished } from "vitest";
import { LiveHost } from "../../../../src/live/host.js";
import { Engine } from "../../../../src/live/jetstream.js";
import { JournalWriter, readJournal } from "../../../../src/live/journal.js";
import type { Delivery, WatchEvent } from "../../../../src/model/broker/api.js";
import type { ConsumerConfig, StreamConfig } from "../../../../src/model/broker/config.js";
import { JetStreamBroker } from "../../../../src/model/runner/live/jetstream-broker.js";
import { MILLISECOND, SECOND } from "../../../../src/sim/time.js";
import { temporaryFolder } from "../../../support/folder.js";
import { natsServer, needsServer, TestServer } from "../../../support/nats.js";
import { planOf } from "../../../support/universe.js";

const STREAM: StreamConfig = {
  name: "EVENTS",
  subjects: ["events.>"],
  retention: "limits",
  replicas: 1,
  storage: "file",
  duplicateWindow: 60 * SECOND,
};

interface Ground {
  readonly server: TestServer;
  readonly broker: JetStreamBroker;
  readonly connection: NatsConnection;
  /** Kinds of what was recorded. */
  recorded(): string[];
}

async function ground(server?: TestServer): Promise<Ground> {
  const running = server ?? (await TestServer.start());
  const folder = temporaryFolder();
  const plan = planOf({ hosts: ["a"] });
  const [spec] = plan.topology;
  if (spec === undefined) throw new Error("the plan has a host");
  const path = join(folder, "a.jsonl");
  const journal = new JournalWriter(path);
  const host = new LiveHost({ spec, incarnation: 1, plan, folder, base: process.hrtime.bigint(), journal });
  const engine = await Engine.connect([running.url]);
  onTestFinished(() => engine.close());
  const broker = await JetStreamBroker.over(engine.connection, host);
  const recorded = (): string[] => readJournal(path).lines.map(({ fact }) => fact.kind);
  return { server: running, broker, connection: engine.connection, recorded };
}

const consumer = (over: Partial<ConsumerConfig> = {}): ConsumerConfig => ({
  name: "c",
  ackWait: SECOND,
  maxDeliver: 3,
  maxAckPending: 1,
  ...over,
});

async function until(done: () => boolean): Promise<void> {
  for (let n = 0; !done(); n++) {
    if (n > 200) throw new Error("it never came");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const must = <T>(outcome: { readonly status: string; readonly value?: T }): T => {
  if (outcome.status !== "ok" || outcome.value === undefined) throw new Error(JSON.stringify(outcome));
  return outcome.value;
};

describe.skipIf(natsServer === "")(`the runner's broker over JetStream${needsServer}`, () => {
  it("declares what is missing, leaves what is there, and refuses another of the same name", async () => {
    const { broker } = await ground();
    const done = { status: "ok", value: undefined };
    expect(await broker.createStream(STREAM)).toEqual(done);
    expect(await broker.createStream(STREAM)).toEqual(done);
    expect(await broker.createStream({ ...STREAM, retention: "work-queue" })).toEqual({
      status: "refused",
      reason: "exists",
    });
    expect(await broker.createStream({ ...STREAM, name: "OTHER", subjects: ["events.a.>"] })).toEqual({
      status: "refused",
      reason: "subjects-overlap",
    });
    expect(await broker.createConsumer("EVENTS", consumer())).toEqual(done);
    expect(await broker.createConsumer("EVENTS", consumer())).toEqual(done);
    expect(await broker.createConsumer("NONE", consumer())).toEqual({
      status: "refused",
      reason: "no-such-stream",
    });
    expect(await broker.streamState("NONE")).toEqual({ status: "refused", reason: "no-such-stream" });
  });

  it("stores a message once under its id, and keeps its headers and its data", async () => {
    const { broker } = await ground();
    await broker.createStream(STREAM);
    const options = { messageId: "tenant:é/1", headers: { "x-tenant-id": "", "x-correlation-id": "a:b" } };
    const subject = "events.0.1._.order%2Dplaced";
    const first = must(await broker.publish(subject, { n: 1 }, options));
    expect(first).toEqual({ stream: "EVENTS", sequence: 1, duplicate: false });
    expect(must(await broker.publish(subject, { n: 1 }, options))).toEqual({ ...first, duplicate: true });
    const [stored] = must(await broker.readStream("EVENTS", { after: 0, limit: 5 }));
    expect(stored).toMatchObject({ sequence: 1, subject, data: { n: 1 }, headers: options.headers });
  });

  it("publishes only onto the sequence that is expected", async () => {
    const { broker } = await ground();
    await broker.createStream(STREAM);
    await broker.publish("events.a", 1);
    const refused = { status: "refused", reason: "wrong-last-sequence" };
    expect(await broker.publish("events.a", 2, { expectedLastSequence: 0 })).toEqual(refused);
    expect(await broker.publish("events.b", 2, { expectedLastSubjectSequence: 1 })).toEqual(refused);
    expect((await broker.publish("events.b", 2, { expectedLastSubjectSequence: 0 })).status).toBe("ok");
  });

  it("refuses what a full stream has no room for", async () => {
    const { broker } = await ground();
    await broker.createStream({ ...STREAM, maxMessages: 1, discard: "new" });
    await broker.publish("events.a", 1);
    expect(await broker.publish("events.a", 2)).toEqual({ status: "refused", reason: "stream-full" });
    await broker.updateStream({ ...STREAM, maxMessages: 2, discard: "new" });
    expect((await broker.publish("events.a", 2)).status).toBe("ok");
  });

  it("pulls, and gives again what is not acked, or is put back", async () => {
    const { broker, recorded } = await ground();
    await broker.createStream(STREAM);
    await broker.createConsumer("EVENTS", consumer());
    await broker.publish("events.a", "x");
    const pull = async (): Promise<Delivery | undefined> =>
      must(await broker.pull("EVENTS", "c", { batch: 4, wait: 3 * SECOND }))[0];
    const first = await pull();
    expect(first).toMatchObject({ sequence: 1, deliveryCount: 1, data: "x", consumer: "c", pending: 0 });
    expect((await first?.nak(300 * MILLISECOND))?.status).toBe("ok");
    const second = await pull();
    expect(second?.deliveryCount).toBe(2);
    expect((await second?.inProgress())?.status).toBe("ok");
    const third = await pull(); // its ack wait is over
    expect(third?.deliveryCount).toBe(3);
    expect((await third?.ack())?.status).toBe("ok");
    expect((await third?.ack())?.status, "an ack is repeated without harm").toBe("ok");
    expect(must(await broker.consumerState("EVENTS", "c"))).toMatchObject({ ackFloor: 1, ackPending: 0 });
    expect(must(await broker.pull("EVENTS", "c", { batch: 4, wait: SECOND }))).toEqual([]);
    for (const kind of ["publish", "publish-ack", "deliver", "nack", "ack"])
      expect(recorded()).toContain(kind);
  });

  it("pushes each message to one of a group, and the rest to whoever is left", async () => {
    const { broker, server } = await ground();
    const { broker: other } = await ground(server);
    await broker.createStream(STREAM);
    await broker.createConsumer("EVENTS", consumer({ mode: "push", deliverGroup: "g", maxAckPending: 10 }));
    const seen: { readonly by: string; readonly n: unknown }[] = [];
    const take = (by: string) => (delivery: Delivery) => {
      seen.push({ by, n: delivery.data });
      void delivery.ack();
    };
    const one = broker.subscribe("EVENTS", "c", take("one"), "g");
    other.subscribe("EVENTS", "c", take("other"), "g");
    for (let n = 0; n < 30; n++) await broker.publish("events.a", n);
    await until(() => seen.length >= 30);
    expect(seen.map(({ n }) => n).sort((a, b) => Number(a) - Number(b))).toEqual([...Array(30).keys()]);
    expect(new Set(seen.map(({ by }) => by))).toEqual(new Set(["one", "other"]));
    one.stop();
    for (let n = 30; n < 40; n++) await broker.publish("events.a", n);
    await until(() => seen.length >= 40);
    expect(seen.slice(30).every(({ by }) => by === "other")).toBe(true);
  });

  it("says in the runner's terms that a message was given up, and that one was terminated", async () => {
    const { broker } = await ground();
    await broker.createStream(STREAM);
    const advisories = { ...STREAM, name: "ADVISORIES", subjects: ["$JS.EVENT.ADVISORY.>"] };
    expect((await broker.createStream(advisories)).status).toBe("ok");
    await broker.createConsumer("EVENTS", consumer({ maxDeliver: 2, ackWait: 500 * MILLISECOND }));
    await broker.createConsumer("ADVISORIES", consumer({ name: "adv", maxAckPending: 100 }));
    await broker.publish("events.a", 1);
    const pull = async () => must(await broker.pull("EVENTS", "c", { batch: 1, wait: 2 * SECOND }))[0];
    await pull();
    await pull();
    await broker.publish("events.b", 2);
    expect(await pull()).toMatchObject({ sequence: 2 });
    const found: unknown[] = [];
    const gone = await pull();
    expect((await gone?.term("no good"))?.status).toBe("ok");
    for (let n = 0; n < 40 && found.length < 2; n++) {
      const next = must(await broker.pull("ADVISORIES", "adv", { batch: 1, wait: SECOND }))[0];
      if (next === undefined) continue;
      await next.ack();
      if (/MAX_DELIVERIES|MSG_TERMINATED/.test(next.subject)) found.push(next.data);
    }
    const about = { stream: "EVENTS", consumer: "c", deliveryCount: 2 };
    expect(found).toContainEqual({ ...about, sequence: 1, reason: "" });
    expect(found).toContainEqual({ ...about, sequence: 2, reason: "no good" });
  });

  it("shows what is in a bucket, then what comes, and begins anew with one that was made again", async () => {
    const { broker, connection } = await ground();
    const bucket = broker.bucket("PLACES");
    const seen: WatchEvent[] = [];
    const watch = bucket.watch((event) => {
      seen.push(event);
    });
    const config = { name: "PLACES", replicas: 1, storage: "file", history: 5 } as const;
    await broker.createBucket(config);
    await until(() => seen.some(({ type }) => type === "current"));
    expect(must(await bucket.put("range-0", { shard: "a" }))).toBe(1);
    await bucket.put("range-0", { shard: "b" });
    await until(() => seen.length === 3);
    expect(seen[2]).toMatchObject({ entry: { key: "range-0", revision: 2, value: { shard: "b" } } });
    await connection.request("$JS.API.STREAM.DELETE.KV_PLACES");
    await broker.createBucket(config);
    await bucket.put("range-1", { shard: "c" });
    await until(() => seen.some((event) => event.type === "entry" && event.entry.key === "range-1"));
    expect(seen.slice(3).map(({ type }) => type)).toEqual(["reset", "entry", "current"]);
    watch.stop();
    await bucket.put("range-1", { shard: "d" });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(seen).toHaveLength(6);
  });

  it("is unavailable, not at fault, while the server is away, and goes on when it is back", async () => {
    const { broker, server } = await ground();
    await broker.createStream(STREAM);
    await broker.createConsumer("EVENTS", consumer({ mode: "push", deliverGroup: "g" }));
    const seen: unknown[] = [];
    broker.subscribe(
      "EVENTS",
      "c",
      (delivery) => {
        seen.push(delivery.data);
        void delivery.ack();
      },
      "g",
    );
    await server.kill();
    expect((await broker.publish("events.a", "lost", { messageId: "1" })).status).toBe("unknown");
    expect((await broker.streamState("EVENTS")).status).toBe("unavailable");
    await server.launch();
    for (let n = 0; n < 20; n++) {
      const again = await broker.publish("events.a", "late", { messageId: "2" });
      if (again.status === "ok") break;
    }
    await until(() => seen.includes("late"));
  });
});
