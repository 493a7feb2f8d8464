import { describe, expect, it } from "vitest";
import { NONSENSE } from "../../../src/model/broker/clients/nonsense.js";
import type { ConsumerConfig, StreamConfig } from "../../../src/model/broker/config.js";
import {
  bucketReadsCurrent,
  bucketWritesAsAsked,
  watchesCatchUp,
} from "../../../src/model/broker/properties/buckets.js";
import { nonsenseRefused, purgesDone } from "../../../src/model/broker/properties/declaring.js";
import {
  limitsHold,
  overIsGone,
  removalsHaveCause,
  subjectsKeptApart,
} from "../../../src/model/broker/properties/keeping.js";
import { requestsTried } from "../../../src/model/broker/properties/liveness.js";
import { acksKept, deliveredAsStored, statesTrue } from "../../../src/model/broker/properties/looking.js";
import { isFor, takes } from "../../../src/model/broker/properties/pattern.js";
import { readsComplete, refusalsHaveCause } from "../../../src/model/broker/properties/publishing.js";
import { pullsWait } from "../../../src/model/broker/properties/pulling.js";
import { goodbyesHeard, membersTakeTurns } from "../../../src/model/broker/properties/pushing.js";
import type { Json } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

type Fields = { readonly [key: string]: Json };

/** What brokers write and clients ask, a line for each. */
class Tale extends HistoryBuilder {
  #index = 0;
  #calls = 0;

  wrote(writes: Fields): number {
    return this.applied("b1", "broker", ++this.#index, writes);
  }

  declared(config: Partial<StreamConfig> = {}): this {
    const usual = { name: "S", subjects: ["s.>"], retention: "limits", replicas: 3, storage: "file" };
    const whole = { ...usual, ...config };
    this.wrote({ [whole.name]: { config: whole as unknown as Json, instance: "1.1" } });
    return this;
  }

  consumer(config: Partial<ConsumerConfig> = {}, next = 1): this {
    const whole = { name: "c", ...config };
    this.wrote({ [`S/c/${whole.name}`]: { config: whole as unknown as Json, next } });
    return this;
  }

  message(sequence: number, parts: Fields = {}, also: Fields = {}): number {
    const usual = { subject: "s.a", id: "", at: 0, bytes: 10, digest: sequence, deletes: false };
    return this.wrote({ [`S/m/${sequence}`]: { ...usual, ...parts }, ...also });
  }

  removed(why: string, sequence: number, at = 0): number {
    return this.wrote({ [`S/m/${sequence}`]: { removed: why, at } });
  }

  delivered(sequence: number, to = "w#1", count = 1, consumer = "c"): number {
    return this.wrote({ [`S/c/${consumer}/${sequence}`]: { state: "delivered", count, due: 1, at: 0, to } });
  }

  settled(sequence: number, state: string, consumer = "c"): number {
    return this.wrote({ [`S/c/${consumer}/${sequence}`]: { state, at: 0 } });
  }

  asked(
    operation: string,
    key: string,
    value: Json,
    answer: Json,
    phase: "ok" | "fail" = "ok",
    meanwhile: () => void = () => {},
  ): number {
    const id = `r${++this.#calls}`;
    this.client("call", `broker/${operation}`, id, key, value);
    meanwhile();
    return this.client(phase, `broker/${operation}`, id, key, answer);
  }

  member(name: string, to: "begun" | "over"): number {
    return this.state("shop", "subscription", name, "", to, { stream: "S", consumer: "c" });
  }
}

const tale = (): Tale => new Tale();

describe("a purge that is done", () => {
  const purge = { filter: ">", below: null, keep: 0 };

  it("says nothing of what came after it, nor is it judged again by what came then", () => {
    const told = tale().declared();
    told.message(1);
    told.asked("purge", "S", purge, 1, "ok", () => {
      told.removed("purged", 1);
      told.message(2);
    });
    told.message(3);
    expect(judge(purgesDone, told).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("has left nothing of what was there when it was asked for", () => {
    const told = tale().declared();
    told.message(1);
    told.asked("purge", "S", purge, 1);
    expect(judge(purgesDone, told).message).toContain("1 such messages are there that may be 0");
  });
});

describe("the state of a stream or a consumer", () => {
  const state = (messages: number): Fields => ({
    messages,
    bytes: messages * 10,
    firstSequence: 1,
    lastSequence: messages,
    consumers: ["c"],
  });
  const two = (): Tale => {
    const told = tale().declared().consumer();
    told.message(1);
    told.message(2);
    return told;
  };

  it("is what it was at some time between question and answer", () => {
    const told = two();
    told.asked("stream-state", "S", null, state(2), "ok", () => told.message(3));
    told.asked("stream-state", "S", null, state(4), "ok", () => told.message(4));
    expect(judge(statesTrue, told).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("is nothing that it never was meanwhile", () => {
    const told = two();
    told.message(3);
    told.asked("stream-state", "S", null, state(2));
    expect(judge(statesTrue, told).message).toContain("which was never so since");
  });

  it("counts what is out, what comes again and what is still to come", () => {
    const told = two();
    told.message(3);
    told.delivered(1);
    told.delivered(2);
    told.settled(2, "acked");
    told.delivered(1, "w#1", 2);
    const answer = { ackFloor: 0, delivered: 2, ackPending: 1, pending: 1, redelivered: 1 };
    told.asked("consumer-state", "S/c", null, answer);
    expect(judge(statesTrue, told).violations).toEqual([]);
    told.asked("consumer-state", "S/c", null, { ...answer, ackFloor: 2 });
    expect(judge(statesTrue, told).violations).toHaveLength(1);
  });
});

describe("what is pulled", () => {
  const pulled = (given: Json, batch = 2): Tale => {
    const told = tale().declared().consumer();
    told.message(1);
    told.message(2);
    told.delivered(1);
    told.asked("pull", "S/c", { batch, by: "w#1" }, given);
    return told;
  };

  it("is as it is stored, with how much is still to come", () => {
    expect(judge(deliveredAsStored, pulled([[1, 1, 1, 1]])).report).toMatchObject({ verdict: "held" });
  });

  it("is no other message, no delivery that there was not, and no other number", () => {
    expect(judge(deliveredAsStored, pulled([[1, 1, 9, 1]])).message).toContain("another message");
    expect(judge(deliveredAsStored, pulled([[2, 1, 2, 0]])).message).toContain("no such delivery");
    expect(judge(deliveredAsStored, pulled([[1, 1, 1, 0]])).message).toContain("1 were still to come");
    expect(judge(deliveredAsStored, pulled([[1, 1, 1, 1]], 0)).message).toContain("asked for 0 messages");
  });
});

describe("an ack that was confirmed", () => {
  it.each([
    ["acked", 0],
    ["given-up", 1],
  ])("leaves the message %s: %i complaints", (state, complaints) => {
    const told = tale().declared().consumer();
    told.message(1);
    told.delivered(1);
    told.settled(1, state);
    told.asked("ack", "S/c", { sequence: 1, deliveryCount: 1 }, null);
    expect(judge(acksKept, told).violations).toHaveLength(complaints);
  });
});

describe("a message that is over", () => {
  const twoWant = (retention: "interest" | "work-queue"): Tale => {
    const told = tale()
      .declared({ retention })
      .consumer({ filters: ["s.a"] });
    told.consumer({ name: "d", filters: ["s.*"] });
    told.message(1);
    told.delivered(1);
    told.settled(1, "acked");
    return told;
  };

  it("stays until the last who wants it is done with it, and no longer", () => {
    const told = twoWant("interest");
    expect(judge(overIsGone, told).violations).toEqual([]);
    told.delivered(1, "w#1", 1, "d");
    told.settled(1, "terminated", "d");
    expect(judge(overIsGone, told).message).toContain("everybody who wants it is done with it");
  });

  it("goes with the consumer that was the last to want it", () => {
    const told = twoWant("work-queue");
    told.wrote({ "S/c/d": null });
    expect(judge(overIsGone, told).violations).toHaveLength(1);
  });

  it("goes at once where nobody wants it", () => {
    const told = tale().declared({ retention: "interest" });
    told.message(1);
    expect(judge(overIsGone, told).message).toContain("nobody wants it");
  });

  it("goes when it is too old", () => {
    const told = tale().declared({ maxAge: 5 * SECOND });
    told.message(1);
    told.message(2, { at: 4 * SECOND });
    expect(judge(overIsGone, told).violations).toEqual([]);
    told.message(3, { at: 5 * SECOND });
    expect(judge(overIsGone, told).message).toContain("0 µs of the broker's time too old");
  });

  it("is noticed soon", () => {
    const told = tale().declared({ maxAge: 5 * SECOND });
    told.message(1);
    told.removed("age", 1, 9 * SECOND);
    expect(judge(overIsGone, told).message).toContain("4000000 µs of the broker's time after");
  });
});

describe("a limit", () => {
  it("takes the oldest message, and no more than it must", () => {
    const told = tale().declared({ maxMessages: 2 });
    told.message(1);
    told.message(2);
    told.message(3, {}, { "S/m/1": { removed: "limit", at: 0 } });
    expect(judge(removalsHaveCause, told).violations).toEqual([]);
    told.message(4, {}, { "S/m/3": { removed: "limit", at: 0 } });
    expect(judge(removalsHaveCause, told).message).toContain("S lost 3 at 0.000 s");
  });

  it("takes no old message where it is the new one that is refused", () => {
    const told = tale().declared({ maxMessages: 2, discard: "new" });
    told.message(1);
    told.message(2);
    told.message(3, {}, { "S/m/1": { removed: "limit", at: 0 } });
    expect(judge(removalsHaveCause, told).violations).toHaveLength(1);
  });

  it("holds for one message", () => {
    const told = tale().declared({ maxMessageBytes: 9 });
    told.message(1);
    expect(judge(limitsHold, told).message).toContain("took 1 of 10 bytes");
  });

  it.each([
    [10, 0],
    [4, 1],
  ])("refuses %i bytes more: %i complaints", (bytes, complaints) => {
    const told = tale().declared({ maxBytes: 15, discard: "new" });
    told.message(1);
    const call = { subject: "s.b", id: "", digest: 7, bytes };
    told.asked("publish", "s.b", call, { reason: "stream-full" }, "fail");
    expect(judge(refusalsHaveCause, told).violations).toHaveLength(complaints);
  });
});

describe("subjects", () => {
  it("are those of the stream, and those of the consumer's filters", () => {
    const told = tale()
      .declared({ subjects: ["s.*"] })
      .consumer({ filters: ["s.a"] });
    told.message(1);
    told.delivered(1);
    told.message(2, { subject: "s.b" });
    expect(judge(subjectsKeptApart, told).report).toMatchObject({ verdict: "held", checked: 3 });
    told.delivered(2);
    expect(judge(subjectsKeptApart, told).message).toContain("which it does not want");
    told.message(3, { subject: "s.b.c" });
    expect(judge(subjectsKeptApart, told).violations).toHaveLength(2);
  });
});

describe("a read with a filter", () => {
  it.each([
    [[[2, 2]], 0],
    [[], 1],
    [
      [
        [1, 1],
        [2, 2],
      ],
      1,
    ],
  ])("answers %j: %i complaints", (rows, complaints) => {
    const told = tale().declared();
    told.message(1);
    told.message(2, { subject: "s.b.c" });
    told.asked("read", "S", { after: 0, limit: 5, filter: "s.*.c" }, rows);
    expect(judge(readsComplete, told).violations).toHaveLength(complaints);
  });
});

describe("members of a push consumer", () => {
  const pushing = (): Tale => {
    const told = tale().declared().consumer({ mode: "push" });
    for (let n = 1; n <= 6; n++) told.message(n);
    told.member("one", "begun");
    told.member("two", "begun");
    return told;
  };

  it("are given nothing more once their goodbye has come", () => {
    const told = pushing().at(2);
    told.member("two", "over");
    told.at(2.5);
    told.delivered(1, "two");
    expect(judge(goodbyesHeard, told).violations).toEqual([]);
    told.at(4);
    told.delivered(2, "two");
    expect(judge(goodbyesHeard, told).message).toContain("that has been gone since");
  });

  it.each([
    ["two", 0],
    ["one", 1],
  ])("take turns: the fifth message goes to %s, %i complaints", (fifth, complaints) => {
    const told = pushing().at(3);
    for (let n = 1; n <= 4; n++) told.delivered(n, "one");
    told.delivered(5, fifth);
    expect(judge(membersTakeTurns, told).violations).toHaveLength(complaints);
  });
});

describe("a declaration that makes no sense", () => {
  const [first] = NONSENSE;
  it.each([
    [{ reason: first?.answer ?? "" }, "fail", 0],
    [{ reason: "invalid" }, "fail", 1],
    [null, "ok", 1],
  ] as const)("is answered with %j (%s): %i complaints", (answer, phase, complaints) => {
    const told = tale();
    for (const name of ["SHIFTS", "RING"]) told.declared({ name });
    for (const name of ["day", "night"]) told.wrote({ [`SHIFTS/c/${name}`]: { config: { name }, next: 1 } });
    told.wrote({ "RING/c/right": { config: { name: "right" }, next: 1 } });
    told.asked("create-consumer", "SHIFTS", first?.config as unknown as Json, answer, phase);
    expect(judge(nonsenseRefused, told).violations).toHaveLength(complaints);
  });
});

describe("a read of a bucket", () => {
  const bucket = (operation: string, key: string, answer: Json): number => {
    const told = tale().declared({ name: "KV_B", subjects: ["$KV.B.>"] });
    const put = (n: number, of: string, deletes = false): number =>
      told.wrote({
        [`KV_B/m/${n}`]: { subject: `$KV.B.${of}`, id: "", at: 0, bytes: 1, digest: n * 10, deletes },
      });
    put(1, "x");
    put(2, "y");
    put(3, "x");
    put(4, "y", true);
    told.asked(operation, key, null, answer);
    return judge(bucketReadsCurrent, told).violations.length;
  };

  it("shows the newest, the history or the keys, as they were put", () => {
    expect(bucket("get", "B/x", [[3, 30]])).toBe(0);
    expect(
      bucket("history", "B/x", [
        [1, 10],
        [3, 30],
      ]),
    ).toBe(0);
    expect(bucket("keys", "B", ["x"])).toBe(0);
  });

  it("shows nothing old, nothing else and nothing that is deleted", () => {
    expect(bucket("get", "B/x", [[1, 10]])).toBe(1);
    expect(bucket("get", "B/x", [[3, 31]])).toBe(1);
    expect(bucket("history", "B/x", [[3, 30]])).toBe(1);
    expect(bucket("keys", "B", ["x", "y"])).toBe(1);
  });
});

describe("a request that is given up", () => {
  it.each([
    [5, 0],
    [1, 1],
  ])("after %i s: %i complaints", (seconds, complaints) => {
    const told = tale();
    told.asked("ack", "S/c", null, { reason: "unavailable" }, "fail", () => told.at(seconds));
    told.asked("ack", "S/c", null, { reason: "no-such-stream" }, "fail");
    expect(judge(requestsTried, told).violations).toHaveLength(complaints);
  });
});

describe("a write of a bucket", () => {
  const complaints = (to: string, revision: number, after: number | null): number => {
    const told = tale().declared({ name: "KV_B", subjects: ["$KV.B.>"] });
    const put = (n: number, of: string, deletes = false): number =>
      told.wrote({
        [`KV_B/m/${n}`]: { subject: `$KV.B.${of}`, id: "", at: 0, bytes: 1, digest: n, deletes },
      });
    put(1, "x");
    put(2, "y");
    put(3, "x");
    put(4, "x", true);
    told.state("keeper", "bucket-write", "x", "", to, { bucket: "B", revision, after });
    return judge(bucketWritesAsAsked, told).violations.length;
  };

  it("comes right after the revision that was named", () => {
    expect(complaints("update", 3, 1)).toBe(0);
    expect(complaints("delete", 4, 3)).toBe(0);
    expect(complaints("put", 3, null)).toBe(0);
    expect(complaints("update", 3, 2)).toBe(1);
    expect(complaints("delete", 4, 1)).toBe(1);
  });

  it("creates what was not there, and is what it says", () => {
    expect(complaints("create", 1, 0)).toBe(0);
    expect(complaints("create", 3, 0)).toBe(1);
    expect(complaints("put", 4, null)).toBe(1);
    expect(complaints("put", 2, null)).toBe(1);
  });
});

it("properties know by themselves what a pattern stands for", () => {
  const are = [
    ["a.*", "a.b", true],
    ["a.*", "a.b.c", false],
    ["a.>", "a.b.c", true],
    ["a.>", "a", false],
    ["*.b", "a.b", true],
    ["a", "a.b", false],
  ] as const;
  for (const [pattern, subject, is] of are)
    expect([pattern, subject, takes(pattern, subject)]).toEqual([pattern, subject, is]);
  expect(isFor({ name: "c" }, "anything")).toBe(true);
  expect(isFor({ name: "c", filters: ["a.*", "b"] }, "b.c")).toBe(false);
});

describe("a pull that comes back empty", () => {
  /** Asked at second 2, when one message is there that somebody else has. */
  const complaints = (
    took: number,
    meanwhile: (tale: Tale) => void,
    before: (tale: Tale) => void = () => {},
  ) => {
    const tale = new Tale().declared().consumer();
    tale.message(1);
    tale.delivered(1);
    before(tale);
    tale.at(2);
    tale.asked("pull", "S/c", { batch: 1, by: "w#2" }, [], "ok", () => {
      meanwhile(tale);
      tale.at(2 + took);
    });
    return judge(pullsWait, tale).violations.length;
  };
  const nothing = (): void => {};

  it.each<[string, number, (tale: Tale) => void, number]>([
    ["when its time is over", 0.3, nothing, 0],
    ["at once", 0.01, nothing, 1],
    ["at once, and another was given something", 0.01, (tale) => tale.delivered(1, "w#1", 2), 1],
    ["at once, and a message was settled", 0.01, (tale) => tale.settled(1, "acked"), 0],
  ])("has no message, %s", (_, took, meanwhile, expected) => {
    expect(complaints(took, meanwhile)).toBe(expected);
  });

  it("leaves no message that was there for it", () => {
    expect(complaints(0.3, nothing, (tale) => tale.message(2))).toBe(1);
    expect(complaints(0.3, (tale) => tale.message(2))).toBe(0);
    expect(
      complaints(
        0.3,
        (tale) => tale.delivered(2),
        (tale) => tale.message(2),
      ),
    ).toBe(0);
  });

  it("may leave one that its consumer can't take", () => {
    const tale = new Tale().declared().consumer({ maxAckPending: 1 });
    tale.message(1);
    tale.message(2);
    tale.delivered(1);
    tale.asked("pull", "S/c", { batch: 1, by: "w#2" }, [], "ok", () => tale.at(1));
    expect(judge(pullsWait, tale).violations).toEqual([]);
  });
});

describe("a watch whose bucket was lost", () => {
  it.each([
    [true, 0],
    [false, 1],
  ])("is told of it: %s", (isTold, expected) => {
    const tale = new Tale({ duration: 20 * SECOND });
    const bucket = (instance: string): void => {
      const config = {
        name: "KV_B",
        subjects: ["$KV.B.>"],
        retention: "limits",
        replicas: 1,
        storage: "memory",
      };
      tale.wrote({ KV_B: { config, instance } });
    };
    const saw = (to: string, revision: number): void => {
      tale.state("shop", "watch", "B/>", "", to, { filter: "$KV.B.>", stream: "KV_B", revision });
    };
    bucket("1.1");
    saw("entry", 9);
    saw("current", 9);
    tale.at(3);
    bucket("1.2");
    tale.at(4);
    if (isTold) {
      saw("reset", 0);
      saw("current", 0);
    }
    expect(judge(watchesCatchUp, tale).violations).toHaveLength(expected);
  });
});
