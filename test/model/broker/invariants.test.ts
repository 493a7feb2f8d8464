/** Assertions of the broker: each fires as soon as what it stands for is broken. */
import { describe, expect, it } from "vitest";
import type { Changes } from "../../../src/model/broker/commands.js";
import { Consumer } from "../../../src/model/broker/consumer.js";
import { Deliveries } from "../../../src/model/broker/deliveries.js";
import { type Stored, StoredMessages } from "../../../src/model/broker/stored-messages.js";
import { Stream, type StreamImage } from "../../../src/model/broker/stream.js";

const sound = () => false;
const message = (sequence: number, subject = "a", bytes = 10): Stored => ({
  sequence,
  subject,
  headers: {},
  data: null,
  publishedAt: 0,
  bytes,
});
const changes = (): Changes => ({
  now: 0,
  writes: [],
  advisories: [],
  ready: new Set(),
  published: new Set(),
});

describe("an assertion of stored messages fires when", () => {
  it("a message comes behind a later one", () => {
    const messages = new StoredMessages();
    messages.keep(message(2));
    expect(() => messages.keep(message(1))).toThrow("in the order of their sequences");
  });

  it("a message is kept under another subject than it is listed by", () => {
    const messages = new StoredMessages();
    messages.keep(message(1));
    messages.keep(message(2, "b"));
    expect(() => messages.delete(message(1, "b"))).toThrow("stands among those of its subject");
  });

  it("a subject is listed that has no message", () => {
    const messages = new StoredMessages();
    messages.keep(message(1));
    messages.lastSequence = 0;
    messages.keep(message(1));
    expect(() => messages.delete(message(1))).toThrow("every subject that is listed has a message");
  });

  it.each([
    ["are left over", 9],
    ["are taken twice", 11],
  ])("bytes %s", (_, bytes) => {
    const messages = new StoredMessages();
    messages.keep(message(1));
    expect(() => messages.delete(message(1, "a", bytes))).toThrow("bytes are those of its messages");
  });
});

describe("an assertion of a consumer fires when", () => {
  const outstanding = { sequence: 1, count: 1, due: 5, ready: false };

  it("something is delivered that it has not come to", () => {
    const consumer = new Consumer({ name: "c" }, 1);
    expect(() => consumer.set(outstanding)).toThrow("nothing is outstanding that was not looked at");
  });

  it("deliveries are counted downwards, or from nothing", () => {
    const consumer = new Consumer({ name: "c" }, 2);
    expect(() => consumer.set({ ...outstanding, count: 0 })).toThrow("counted upwards");
    consumer.set({ ...outstanding, count: 3 });
    expect(() => consumer.set({ ...outstanding, count: 2 })).toThrow("counted upwards");
  });

  it("something is delivered that was given up", () => {
    const consumer = new Consumer({ name: "c" }, 2);
    consumer.set(outstanding);
    consumer.abandon(1);
    expect(() => consumer.set(outstanding)).toThrow("what was given up is not delivered again");
  });

  it("something is given up that was not delivered", () => {
    expect(() => new Consumer({ name: "c" }, 2).abandon(1)).toThrow("only what is outstanding is given up");
  });

  it("what is outstanding is neither ready nor waits", () => {
    const consumer = new Consumer({ name: "c" }, 2);
    const changing = { ...outstanding };
    consumer.set(changing);
    changing.ready = true;
    expect(() => consumer.image()).toThrow("waits for an answer or is ready");
  });

  it("what is outstanding is no longer in the stream", () => {
    const consumer = new Consumer({ name: "c" }, 2);
    consumer.set({ ...outstanding, ready: true });
    const deliveries = new Deliveries("s", new StoredMessages(), sound, () => {});
    expect(() => deliveries.deliver(consumer, 1, "client", 0, changes())).toThrow(
      "what is outstanding is in the stream",
    );
  });
});

describe("an assertion of a stream fires when", () => {
  const config = {
    name: "S",
    subjects: ["a"],
    retention: "limits",
    replicas: 3,
    storage: "file",
  } as const;
  const declaration = { config, id: "1.1", revision: 2 };

  it("a snapshot has a message behind its last sequence", () => {
    const image: StreamImage = {
      declaration,
      instance: "1.1",
      lastSequence: 1,
      messages: [message(1), message(2)],
      ids: [],
      consumers: [],
    };
    expect(() => Stream.restore(image, sound)).toThrow("a snapshot's last sequence");
  });

  it("it is declared by an earlier revision, or as another stream", () => {
    const stream = new Stream(declaration, "1.1", sound);
    expect(() => stream.redeclare({ ...declaration, id: "2.7", revision: 3 }, changes())).toThrow(
      "a stream that was made anew is another stream",
    );
    expect(() => stream.redeclare(declaration, changes())).toThrow("the revision of a stream only grows");
  });
});
