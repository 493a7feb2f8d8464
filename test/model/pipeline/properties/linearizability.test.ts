/** The pipeline's resources as their clients saw them, on histories written by hand: each property holds, and fires. */
import { describe, expect, it } from "vitest";
import {
  linCheckpoint,
  linearizabilityProperties,
  linIdempotency,
  linLease,
  linQueue,
} from "../../../../src/model/pipeline/properties/linearizability/index.js";
import type { Json } from "../../../../src/sim/plan.js";
import {
  completed,
  delivery,
  HistoryBuilder,
  judge,
  record,
  reserved,
} from "../../../support/history-builder.js";

type Fields = { readonly [key: string]: Json };

/** Clients of resources: each request has a number of its own, so that several can be under way. */
class Tale extends HistoryBuilder {
  #requests = 0;
  #index = 0;

  /** Asks, and gives what records the answer. */
  ask(resource: string, command: string, input: Fields, client = "a#1") {
    this.#requests += 1;
    const id = `${client}:${this.#requests}`;
    const key = [input.key, input.name, input.producerKey, input.group].find(
      (name) => typeof name === "string",
    );
    const tell = (phase: "call" | "ok" | "fail" | "info", value: Json): number =>
      this.client(phase, `${resource}/${command}`, id, typeof key === "string" ? key : "", value);
    tell("call", { type: command, ...input });
    return {
      ok: (value: Json) =>
        tell("ok", typeof value === "object" && !Array.isArray(value) ? { ok: true, ...value } : value),
      refused: (reason: string) => tell("fail", { reason }),
      notDone: () => tell("fail", { reason: "unavailable" }),
      unknown: () => tell("info", { reason: "no-answer" }),
    };
  }

  /** A replica applied it, and before any other. */
  own(group: string, writes: Fields): number {
    this.#index += 1;
    return this.applied("aws-a", group, this.#index, writes);
  }
}

const STORE = "order-effects";
const of = (owner: string, attempt = 1) => ({ key: "effect:1", owner, attempt });
const reserve = (owner: string, requestHash = "h") => ({ key: "effect:1", owner, requestHash });

describe("lin-idempotency", () => {
  it("holds through a reservation, a wait, a takeover after the reservation ran out, and a repeat", () => {
    const tale = new Tale();
    tale.at(1).ask(STORE, "reserve", reserve("a")).ok({ state: "new", attempt: 1 });
    tale.at(2).ask(STORE, "reserve", reserve("b")).ok({ state: "in-progress" });
    tale.at(3).own(STORE, { "key/effect:1": reserved("a") });
    tale.at(8).own(STORE, { "key/effect:1": reserved("a", 1, true) });
    tale.at(9).ask(STORE, "reserve", reserve("b")).ok({ state: "new", attempt: 2 });
    tale
      .at(10)
      .ask(STORE, "complete", { ...of("a"), value: 1 })
      .refused("not-held");
    tale
      .at(11)
      .ask(STORE, "complete", { ...of("b", 2), value: 2 })
      .ok({ state: "done", count: 1 });
    tale.at(12).ask(STORE, "reserve", reserve("c")).ok({ state: "completed", value: 2 });
    tale.at(13).ask(STORE, "reserve", reserve("c", "other")).refused("conflict");
    expect(judge(linIdempotency, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when two owners are told that a key is theirs, and says who had it", () => {
    const tale = new Tale();
    tale.at(1).ask(STORE, "reserve", reserve("a")).ok({ state: "new", attempt: 1 });
    tale.at(2);
    const second = tale.ask(STORE, "reserve", reserve("b"), "b#1");
    tale.at(3);
    const answer = second.ok({ state: "new", attempt: 2 });
    const { message, evidence } = judge(linIdempotency, tale);
    expect(message).toBe(
      'Key effect:1: b#1 was answered "reserve for b → new, attempt 2" at 3.000 s (asked at 2.000 s), and no order of the operations ' +
        "explains it: whatever the order, key effect:1 is reserved by attempt 1 of a all the while.",
    );
    expect(evidence).toContain(answer);
  });

  it("fires when a repeat with another request is answered, or with another value", () => {
    for (const [hash, value] of [
      ["other", 1],
      ["h", 2],
    ] as const) {
      const tale = new Tale();
      tale.at(1).ask(STORE, "reserve", reserve("a")).ok({ state: "new", attempt: 1 });
      tale
        .at(2)
        .ask(STORE, "complete", { ...of("a"), value: 1 })
        .ok({ state: "done", count: 1 });
      tale.at(3).ask(STORE, "reserve", reserve("b", hash)).ok({ state: "completed", value });
      expect(judge(linIdempotency, tale).report.verdict).toBe("violated");
    }
  });

  it("lets what was never answered have been done or not, and what was certainly not done not", () => {
    const begun = (end: "unknown" | "notDone"): Tale => {
      const tale = new Tale();
      tale.at(1).ask(STORE, "reserve", reserve("a")).ok({ state: "new", attempt: 1 });
      tale
        .at(2)
        .ask(STORE, "complete", { ...of("a"), value: 1 })
        [end]();
      tale.at(3).ask(STORE, "reserve", reserve("b")).ok({ state: "completed", value: 1 });
      return tale;
    };
    expect(judge(linIdempotency, begun("unknown")).report.verdict).toBe("held");
    expect(judge(linIdempotency, begun("notDone")).report.verdict).toBe("violated");
  });

  it("knows that a completed key may be forgotten, and when", () => {
    const tale = new Tale();
    tale.at(1).ask(STORE, "reserve", reserve("a")).ok({ state: "new", attempt: 1 });
    tale
      .at(2)
      .ask(STORE, "complete", { ...of("a"), value: 1 })
      .ok({ state: "done", count: 1 });
    tale.own(STORE, { "key/effect:1": completed("a", 1) });
    tale.at(3).own(STORE, { "key/effect:1": null });
    tale.at(4).ask(STORE, "reserve", reserve("b")).ok({ state: "new", attempt: 1 });
    expect(judge(linIdempotency, tale).report.verdict).toBe("held");
  });

  it("fires when the fence admits an epoch below one that it has admitted", () => {
    const tale = new Tale();
    tale.at(1).ask(STORE, "raise-fence", { epoch: 3 }).ok({ state: "done", count: 0 });
    tale.at(2).ask(STORE, "prune", { keep: 1, epoch: 2 }).refused("fenced");
    expect(judge(linIdempotency, tale).report.verdict).toBe("held");
    tale.at(3).ask(STORE, "prune", { keep: 1, epoch: 2 }).ok({ state: "done", count: 0 });
    const { message } = judge(linIdempotency, tale);
    expect(message).toContain('"prune under epoch 2 → done" at 3.000 s');
    expect(message).toContain("stands at epoch 3 all the while");
  });
});

const LEASES = "order-leaders";
const byHolder = (holder: string, epoch?: number) => ({
  name: "maintenance",
  holder,
  ...(epoch === undefined ? {} : { epoch }),
});

describe("lin-lease", () => {
  it("holds through a grant, contenders, a renewal, an end by time and the next grant", () => {
    const tale = new Tale();
    tale.at(1).ask(LEASES, "acquire", byHolder("a")).ok({ state: "granted", epoch: 1 });
    tale.at(2).ask(LEASES, "acquire", byHolder("b")).ok({ state: "busy", holder: "a", epoch: 1 });
    tale.at(3).ask(LEASES, "renew", byHolder("a", 1)).ok({ state: "renewed" });
    tale.at(9).own(LEASES, { "lease/maintenance": { holder: null, epoch: 1, state: "expired" } });
    tale.at(10).ask(LEASES, "renew", byHolder("a", 1)).refused("not-held");
    tale.at(11).ask(LEASES, "acquire", byHolder("b")).ok({ state: "granted", epoch: 2 });
    tale.at(12).ask(LEASES, "release", byHolder("b", 2)).ok({ state: "released" });
    expect(judge(linLease, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when it is granted while somebody has it", () => {
    const tale = new Tale();
    tale.at(1).ask(LEASES, "acquire", byHolder("a")).ok({ state: "granted", epoch: 1 });
    tale.at(2).ask(LEASES, "acquire", byHolder("b")).ok({ state: "granted", epoch: 2 });
    expect(judge(linLease, tale).message).toContain(
      "lease maintenance is held by a under epoch 1 all the while",
    );
  });

  it("fires when a holder renews what has ended, or somebody else releases what is held", () => {
    const ended = new Tale();
    ended.at(1).ask(LEASES, "acquire", byHolder("a")).ok({ state: "granted", epoch: 1 });
    ended.at(9).own(LEASES, { "lease/maintenance": { holder: null, epoch: 1, state: "expired" } });
    ended.at(10).ask(LEASES, "renew", byHolder("a", 1)).ok({ state: "renewed" });
    expect(judge(linLease, ended).message).toContain(
      'before "the lease ends after epoch 1" of the resource itself',
    );
    const stolen = new Tale();
    stolen.at(1).ask(LEASES, "acquire", byHolder("a")).ok({ state: "granted", epoch: 1 });
    stolen.at(2).ask(LEASES, "release", byHolder("b", 1)).ok({ state: "released" });
    expect(judge(linLease, stolen).report.verdict).toBe("violated");
  });
});

const POINTERS = "order-checkpoints";
const save = (expectedVersion: number, epoch: number, cursor: number) => ({
  name: "orders",
  expectedVersion,
  epoch,
  cursor,
  sha256: `state-at-${cursor}`,
  objectCopies: ["aws", "gcp"],
});

describe("lin-checkpoint", () => {
  const saved = (): Tale => {
    const tale = new Tale();
    tale.at(1).ask(POINTERS, "raise-fence", { epoch: 1 }).ok({ version: 0 });
    tale.at(2).ask(POINTERS, "read-pointer", { name: "orders" }).ok(null);
    tale
      .at(3)
      .ask(POINTERS, "save", save(0, 1, 5))
      .ok({ version: 1 });
    return tale;
  };

  it("holds through saves, a conflict, a fenced holder, a reset and reads", () => {
    const tale = saved();
    tale
      .at(4)
      .ask(POINTERS, "save", save(0, 1, 6))
      .refused("version-conflict");
    tale.at(5).ask(POINTERS, "raise-fence", { epoch: 2 }).ok({ version: 0 });
    tale
      .at(6)
      .ask(POINTERS, "save", save(1, 1, 6))
      .refused("fenced");
    tale
      .at(7)
      .ask(POINTERS, "save", save(1, 2, 3))
      .refused("version-conflict");
    tale.at(8).ask(POINTERS, "reset", { name: "orders" }).ok({ version: 1 });
    tale
      .at(9)
      .ask(POINTERS, "save", save(1, 2, 3))
      .ok({ version: 2 });
    tale.at(10).ask(POINTERS, "read-pointer", { name: "orders" }).ok({ version: 2, sha256: "state-at-3" });
    expect(judge(linCheckpoint, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires on a save on a stale version, and on a state that goes back", () => {
    const stale = saved();
    stale
      .at(4)
      .ask(POINTERS, "save", save(0, 1, 6))
      .ok({ version: 1 });
    expect(judge(linCheckpoint, stale).message).toContain(
      '"save "orders" on version 0 under epoch 1 → version 1"',
    );
    const back = saved();
    back
      .at(4)
      .ask(POINTERS, "save", save(1, 1, 4))
      .ok({ version: 2 });
    expect(judge(linCheckpoint, back).report.verdict).toBe("violated");
  });

  it("fires on a read of a pointer that had been replaced, or is not there yet", () => {
    const tale = saved();
    tale.at(4).ask(POINTERS, "read-pointer", { name: "orders" }).ok(null);
    expect(judge(linCheckpoint, tale).message).toContain(
      'was answered "read "orders" → version none" at 4.000 s',
    );
  });
});

const QUEUE = "orders";
const GROUP = "checkout-workers";
const append = (key: string) => ({ producerKey: key, record: { key } });
const appended = (offset: number) => ({ offset, repeated: false });
const poll = { group: GROUP, worker: "w" };
const given = (offset: number, count: number, key: string) => ({
  delivery: { offset, count, deliveryId: `${GROUP}/${offset}/${count}`, record: { key } },
});
const told = (offset: number, count: number) => ({
  group: GROUP,
  offset,
  deliveryId: `${GROUP}/${offset}/${count}`,
});

describe("lin-queue", () => {
  it("holds through appends, deliveries, one that came back, a stale ack, acks and reads", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale.at(2).ask(QUEUE, "append", append("y")).unknown();
    tale
      .at(3)
      .ask(QUEUE, "poll", poll)
      .ok(given(0, 1, "x"));
    tale.own(QUEUE, { [`delivery/${GROUP}/0`]: delivery(0, 1, "w") });
    tale.at(9).own(QUEUE, { [`delivery/${GROUP}/0`]: null });
    tale
      .at(10)
      .ask(QUEUE, "poll", poll)
      .ok(given(0, 2, "x"));
    tale.at(11).ask(QUEUE, "ack", told(0, 1)).refused("stale-delivery");
    tale.at(12).ask(QUEUE, "ack", told(0, 2)).ok({ count: 1 });
    tale.at(13).ask(QUEUE, "ack", told(0, 2)).ok({ count: 0 });
    tale
      .at(14)
      .ask(QUEUE, "poll", poll)
      .ok(given(1, 1, "y"));
    tale.at(15).ask(QUEUE, "read-progress", { group: GROUP }).ok({ tail: 2, cursor: 1, acked: 1, dead: 0 });
    expect(judge(linQueue, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when a record is given to somebody while another has it", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale
      .at(2)
      .ask(QUEUE, "poll", poll)
      .ok(given(0, 1, "x"));
    tale
      .at(3)
      .ask(QUEUE, "poll", poll)
      .ok(given(0, 2, "x"));
    expect(judge(linQueue, tale).message).toContain(
      `record ${GROUP}/0 is with the worker of delivery ${GROUP}/0/1 all the while`,
    );
  });

  it("fires when an ack of a delivery counts that is no longer the live one", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale
      .at(2)
      .ask(QUEUE, "poll", poll)
      .ok(given(0, 1, "x"));
    tale.own(QUEUE, { [`delivery/${GROUP}/0`]: delivery(0, 1, "w") });
    tale.at(9).own(QUEUE, { [`delivery/${GROUP}/0`]: null });
    tale.at(10).ask(QUEUE, "ack", told(0, 1)).ok({ count: 1 });
    expect(judge(linQueue, tale).message).toContain(
      `before "delivery ${GROUP}/0/1 ends" of the resource itself`,
    );
  });

  it("fires when a later append comes before an earlier one", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(1));
    tale.at(2).ask(QUEUE, "append", append("y")).ok(appended(0));
    const messages = judge(linQueue, tale).violations.map(({ message }) => message);
    expect(messages).toContain(
      "a#1 was answered its append of x at 1.000 s (asked at 1.000 s), but only 1 record had been asked for by then, so that offset can't be taken.",
    );
    expect(messages).toContain(
      "a#1 was answered its append of y at 2.000 s (asked at 2.000 s), but offset 1 was taken before y was first appended.",
    );
  });

  it("fires when one key has two offsets, or one offset two keys", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale.at(2).ask(QUEUE, "append", append("y")).ok(appended(0));
    tale.at(3).ask(QUEUE, "append", append("x")).ok(appended(1));
    const messages = judge(linQueue, tale).violations.map(({ message }) => message);
    expect(messages.some((message) => message.includes("that offset was x's before"))).toBe(true);
    expect(messages.some((message) => message.includes("x had been answered with offset 0 before"))).toBe(
      true,
    );
  });

  it("fires when a read sees less than was certain before it was asked", () => {
    const tale = new Tale();
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale.at(2).ask(QUEUE, "read-progress", { group: GROUP }).ok({ tail: 0, cursor: 0, acked: 0, dead: 0 });
    tale
      .at(3)
      .ask(QUEUE, "read-headers", { offsets: [0] })
      .ok([null]);
    const messages = judge(linQueue, tale).violations.map(({ message }) => message);
    expect(messages).toEqual([
      `a#1 was answered its read-progress of ${GROUP} at 2.000 s (asked at 2.000 s), but at least 1 record had been there for certain before it was asked.`,
      "a#1 was answered its read-headers of records at 3.000 s (asked at 3.000 s), but nothing was found at offset 0, though 1 record had been there for certain.",
    ]);
  });

  it("does not judge a queue that answers before anything commits, by choice of the plan", () => {
    const tale = new Tale({ knobs: { acknowledgement: "local-fast-path" } });
    tale.at(1).ask(QUEUE, "append", append("x")).ok(appended(0));
    tale.at(2).ask(QUEUE, "append", append("y")).ok(appended(0));
    tale.own(QUEUE, { "record/0": record("x") });
    expect(judge(linQueue, tale).report.verdict).toBe("vacuous");
  });
});

describe("the properties of linearizability", () => {
  it("are four, judged at the end, and idle where nobody asked anything", () => {
    expect(linearizabilityProperties.map(({ id, kind }) => `${id} ${kind}`)).toEqual([
      "lin-idempotency at-end",
      "lin-lease at-end",
      "lin-checkpoint at-end",
      "lin-queue at-end",
    ]);
    for (const property of linearizabilityProperties) {
      expect(judge(property, new Tale()).report.verdict).toBe("vacuous");
    }
  });
});
