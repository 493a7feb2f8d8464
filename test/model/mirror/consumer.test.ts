import { describe, expect, it } from "vitest";
import { Consumer } from "../../../src/model/mirror/consumer.js";
import { type Entry, encodeFields } from "../../../src/model/mirror/grain.js";
import { MIRROR_DEFAULTS, type MirrorKnobs } from "../../../src/model/mirror/knobs.js";
import { LogTable } from "../../../src/model/mirror/log-table.js";
import { ReplicaStore } from "../../../src/model/mirror/replica-store.js";
import { READ_FROM, SNAPSHOT } from "../../../src/model/mirror/wire.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import type { EventOf, HistoryEvent } from "../../../src/sim/history.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { universe } from "../../support/universe.js";

const GRAIN = "cart/ada";
const row = (sequence: number, parts: Partial<Entry> = {}): Entry => ({
  grain: GRAIN,
  sequence,
  epoch: 1,
  source: "east",
  timestamp: 0,
  type: "full-state",
  after: 0,
  payload: encodeFields({ a: String(sequence) }),
  ...parts,
});
const delta = (sequence: number, after = sequence - 1) =>
  row(sequence, { type: "delta", after, payload: encodeFields({ [`d${sequence}`]: String(sequence) }) });
const strange = (sequence: number) => row(sequence, { type: "snapshot.v2", payload: "?" });
const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i));

interface Options {
  /** What the log gets, at which second. */
  readonly log: readonly (readonly [second: number, entries: readonly Entry[]])[];
  readonly knobs?: Partial<MirrorKnobs>;
  readonly faults?: readonly Fault[];
  readonly defects?: readonly string[];
  /** What is done with the consumer meanwhile. */
  readonly meanwhile?: (host: Host, consumer: Consumer) => Promise<void>;
  readonly retain?: number;
}

type Poll = EventOf<"state">;

/** One consumer and a log of one grain, for twenty seconds. */
async function mirrored(options: Options) {
  const knobs = { ...MIRROR_DEFAULTS, ...options.knobs };
  const { faults = [], defects = [] } = options;
  const world = universe({ hosts: ["log", "west"], faults, defects, duration: 20 * SECOND });
  const table = new LogTable(options.retain ?? 100);
  world.onBoot("log", (host) => {
    host.onRequest(READ_FROM, ({ grain, after, limit }) => table.readFrom(grain, after, limit));
    host.onRequest(SNAPSHOT, ({ grain }) => table.chain(grain));
    for (const [second, entries] of options.log) {
      host.after(second * SECOND, () => {
        for (const entry of entries) table.add(entry);
      });
    }
  });
  let store: ReplicaStore | undefined;
  world.onBoot("west", async (host) => {
    store = new ReplicaStore(host, knobs);
    await store.open();
    const consumer = new Consumer(host, knobs, "log", GRAIN, store);
    if (host.incarnation === 1) void options.meanwhile?.(host, consumer);
    await consumer.run();
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  const { events } = world.history;
  const is =
    (name: string) =>
    (event: HistoryEvent): event is Poll =>
      event.kind === "state" && event.entity === name;
  return {
    state: store?.state(GRAIN),
    polls: events.filter(is("poll")),
    applied: events
      .flatMap((event) => (event.kind === "durable" ? event.writes : []))
      .flatMap(appliedSequence),
    stopped: events.filter(is("consumer")).some(({ to }) => to === "stopped"),
    goals: world.goals,
  };
}

function appliedSequence({ key, value }: { readonly key: string; readonly value: unknown }): number[] {
  return key === GRAIN ? [(value as { readonly sequence: number }).sequence] : [];
}

describe("a consumer of complete states", () => {
  it("applies the last one of a batch", async () => {
    const { state, applied } = await mirrored({ log: [[1, rows(1, 4)]] });
    expect(applied).toEqual([4]);
    expect(state).toEqual({ sequence: 4, fields: { a: "4" } });
  });

  it("reads on at once after a full batch", async () => {
    const { polls } = await mirrored({ log: [[1, rows(1, 23)]] });
    expect(polls.map(({ detail }) => detail.after)).toEqual([5, 10, 15, 20, 23]);
    const [first, last] = [polls[0], polls[4]];
    expect((last?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(SECOND / 10);
  });

  it("takes an interval for each batch when it doesn't", async () => {
    const { polls } = await mirrored({ log: [[1, rows(1, 23)]], defects: ["RW3"] });
    expect((polls[4]?.at ?? 0) - (polls[0]?.at ?? 0)).toBeGreaterThanOrEqual(
      4 * MIRROR_DEFAULTS.pollInterval,
    );
  });

  it("passes over a row that it can't decode, and fails for ever where it must not", async () => {
    const log = [[1, [row(1), strange(2)]] as const, [3, [row(3)]] as const];
    expect((await mirrored({ log })).state?.sequence).toBe(3);
    const stuck = await mirrored({ log, defects: ["RW4"] });
    expect(stuck.state?.sequence).toBe(0);
    expect(stuck.polls.every(({ to }) => to === "failed")).toBe(true);
  });

  it("leaves its cursor where it is when the log doesn't answer", async () => {
    const faults: Fault[] = [
      { id: "f", kind: "partition", at: 2 * SECOND, for: 4 * SECOND, a: ["log"], b: ["west"], oneWay: false },
    ];
    const { polls, state } = await mirrored({
      log: [
        [1, rows(1, 2)],
        [3, rows(3, 4)],
      ],
      faults,
    });
    const failed = polls.filter(({ to }) => to === "failed");
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ detail }) => detail.before === 2 && detail.after === 2)).toBe(true);
    expect(state?.sequence).toBe(4);
  });

  it("goes on from its store after a crash, and back to the start where it must not", async () => {
    const faults: Fault[] = [{ id: "f", kind: "crash", at: 4 * SECOND, for: SECOND, target: "west" }];
    const log = [[1, rows(1, 12)] as const, [6, rows(13, 14)] as const];
    expect((await mirrored({ log, faults })).applied).toEqual([5, 10, 12, 12, 14]);
    const back = await mirrored({ log, faults, defects: ["RW2"] });
    expect(back.applied.slice(0, 5)).toEqual([5, 10, 12, 12, 5]);
  });

  it("tries again when its disk has no room", async () => {
    const faults: Fault[] = [{ id: "f", kind: "disk-full", at: SECOND / 2, for: 4 * SECOND, target: "west" }];
    const { applied, polls } = await mirrored({ log: [[1, rows(1, 3)]], faults });
    expect(polls[0]?.to).toBe("failed");
    expect(applied).toEqual([3]);
  });
});

describe("a consumer that replays deltas", () => {
  it("folds them into the state that they follow", async () => {
    const { state } = await mirrored({ log: [[1, [row(1), delta(2), delta(3)]]] });
    expect(state).toEqual({ sequence: 3, fields: { a: "1", d2: "2", d3: "3" } });
  });

  it("shows a change as the whole state where it must not", async () => {
    const { state } = await mirrored({ log: [[1, [row(1), delta(2)]]], defects: ["RW11"] });
    expect(state?.fields).toEqual({ d2: "2" });
  });

  it("reads a snapshot where rows are missing", async () => {
    const chain = [row(1), ...Array.from({ length: 17 }, (_, i) => delta(i + 2))];
    const { state, goals } = await mirrored({ log: [[1, chain]], retain: 12 });
    expect(goals.get("mirror: gap resynchronised from a snapshot")).toBe(1);
    expect(state?.sequence).toBe(18);
    expect(Object.keys(state?.fields ?? {})).toHaveLength(18);
  });

  it("throws whole batches away where it must not", async () => {
    const log = [[1, [row(1), delta(2), row(3)]] as const];
    expect((await mirrored({ log })).state?.sequence).toBe(3);
    expect((await mirrored({ log, defects: ["RW1"] })).state?.sequence).toBe(0);
  });
});

describe("a consumer that doesn't replay deltas", () => {
  const knobs = { deltaReplay: false };

  it("applies the complete states before and after them", async () => {
    const { applied } = await mirrored({
      log: [
        [1, [row(1), delta(2)]],
        [3, [delta(3), row(4), delta(5)]],
      ],
      knobs,
    });
    expect(applied).toEqual([1, 4]);
  });

  it("reads a snapshot where a complete state may be out of sight", async () => {
    const chain = [row(1), ...Array.from({ length: 17 }, (_, i) => delta(i + 2))];
    const { applied } = await mirrored({ log: [[1, chain]], retain: 12, knobs });
    expect(applied).toEqual([1]);
  });
});

describe("a consumer that is signalled", () => {
  const signal = (value: boolean) => async (host: Host, consumer: Consumer) => {
    await host.sleep(3 * SECOND);
    consumer.signal(value);
  };
  const log = [[1, rows(1, 2)] as const, [5, rows(3, 4)] as const];

  it("stops when it is told to, and applies nothing more", async () => {
    const { stopped, state } = await mirrored({ log, meanwhile: signal(true) });
    expect(stopped).toBe(true);
    expect(state?.sequence).toBe(2);
  });

  it("goes on when the signal changes nothing", async () => {
    const { stopped, state } = await mirrored({ log, meanwhile: signal(false) });
    expect(stopped).toBe(false);
    expect(state?.sequence).toBe(4);
  });

  it("stops at any signal where it must not", async () => {
    const { state } = await mirrored({ log, meanwhile: signal(false), defects: ["RW10"] });
    expect(state?.sequence).toBe(2);
  });

  it("applies nothing of a poll that was under way, but where it must not", async () => {
    // Asked at 2.7 s, answered after the signal.
    const faults: Fault[] = [
      { id: "f", kind: "slow-link", at: 0, for: 6 * SECOND, from: "log", to: "west", factor: 800 },
    ];
    const knobs = { readTimeout: 5 * SECOND, pollInterval: 2_700_000 };
    const late = { log: [[1, rows(1, 2)] as const], meanwhile: signal(true), faults, knobs };
    expect((await mirrored(late)).applied).toEqual([]);
    expect((await mirrored({ ...late, defects: ["RW13"] })).applied).toEqual([2]);
  });
});
