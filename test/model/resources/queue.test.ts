import { describe, expect, it } from "vitest";
import { QueueMachine } from "../../../src/model/resources/queue.js";
import type { Delivery, QueueRecord } from "../../../src/model/resources/queue-command.js";
import { type Defects, noDefects } from "../../../src/model/resources/types.js";
import { seconds } from "../../../src/sim/time.js";
import { Log, planted } from "./machines.js";

const GROUP = "checkout-workers";
const AWS = "aws/us-east/a";
const GCP = "gcp/central";

const record = (n: number, cents = 4200): QueueRecord => ({
  key: `delivery-${n}`,
  schemaId: "order.v1",
  generation: 1,
  orderId: `order-${n}`,
  body: { orderId: `order-${n}`, cents },
});

/** A queue with a group that is allowed in these places, and so many records. */
function queue(records: number, defects: Defects = noDefects, placement = ["aws", "gcp"]) {
  const machine = new QueueMachine({ visibility: seconds(8), maxDeliver: 3, payloadLimit: 400 }, defects);
  const log = new Log(machine);
  log.apply({ type: "create-group", group: GROUP, placement, semantics: "at-least-once" });
  for (let n = 0; n < records; n++) append(log, n);
  return { machine, log };
}
type QueueLog = ReturnType<typeof queue>["log"];

const append = (log: QueueLog, n: number) =>
  log.result({ type: "append", record: record(n), producerKey: `delivery-${n}` });

const pollResult = (log: QueueLog, domain = AWS) =>
  log.result({ type: "poll", group: GROUP, domain, worker: "worker" });

function poll(log: QueueLog, domain = AWS): Delivery {
  const result = pollResult(log, domain);
  if (!result.ok || !("delivery" in result) || result.delivery === null) throw new Error("nothing delivered");
  return result.delivery;
}

const of = ({ offset, deliveryId }: Delivery) => ({ group: GROUP, offset, deliveryId });

describe("appending", () => {
  it("gives dense offsets", () => {
    const { log } = queue(0);
    expect([append(log, 0), append(log, 1)]).toMatchObject([{ offset: 0 }, { offset: 1 }]);
  });

  it("answers a repeated producer key with the offset of its record and appends nothing", () => {
    const { log, machine } = queue(2);
    expect(append(log, 0)).toEqual({ ok: true, offset: 0, repeated: true });
    expect(machine.tail).toBe(2);
  });

  it("refuses another record under a known producer key", () => {
    const { log } = queue(1);
    const other = { type: "append", record: record(0, 999), producerKey: "delivery-0" } as const;
    expect(log.result(other)).toEqual({ ok: false, reason: "conflict" });
    expect(queue(1, planted("GW5")).log.result(other)).toMatchObject({ offset: 0 });
  });

  it("refuses unknown schemas and oversized records, and writes nothing", () => {
    const { log } = queue(0);
    const unknown = { ...record(0), schemaId: "order.v2" };
    const oversized = { ...record(0), body: "x".repeat(400) };
    expect(log.apply({ type: "append", record: unknown, producerKey: "k" })).toEqual({
      result: { ok: false, reason: "unknown-schema" },
      writes: [],
    });
    expect(log.result({ type: "append", record: oversized, producerKey: "k" })).toMatchObject({
      reason: "oversized",
    });
  });

  it("writes the SHA-256 of the canonical record", () => {
    const { log } = queue(0);
    const { writes } = log.apply({ type: "append", record: record(0), producerKey: "k" });
    expect(writes).toMatchObject([
      {
        key: "record/0",
        value: { key: "delivery-0", orderId: "order-0", sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      },
    ]);
  });

  it("tells whoever waits that a record became ready", () => {
    const { log, machine } = queue(0);
    const woken: string[] = [];
    machine.onReady = (group) => woken.push(group);
    append(log, 0);
    expect(woken).toEqual([GROUP]);
  });
});

describe("polling", () => {
  it("hands each record to one worker, lowest offset first", () => {
    const { log } = queue(2);
    expect([poll(log).offset, poll(log).offset]).toEqual([0, 1]);
    expect(pollResult(log)).toEqual({ ok: true, delivery: null });
  });

  it("serves every place that the placement allows and denies every other, each time", () => {
    const { log } = queue(2, noDefects, ["aws"]);
    expect(poll(log, AWS).offset).toBe(0);
    expect(pollResult(log, GCP)).toEqual({ ok: false, reason: "placement-denied" });
    expect(pollResult(log, "aws-lookalike/us-east")).toMatchObject({ reason: "placement-denied" });
    expect(poll(log, AWS).offset).toBe(1);
  });

  it("serves a denied place only when the check on polls is taken away", () => {
    const { log } = queue(1, planted("placement-checked-at-group-creation-only"), ["aws"]);
    expect(poll(log, GCP).offset).toBe(0);
  });

  it("refuses unknown groups", () => {
    const { log } = queue(0);
    expect(log.result({ type: "poll", group: "nobody", domain: AWS, worker: "w" })).toMatchObject({
      reason: "unknown-group",
    });
  });

  it("never changes the placement of a group that exists", () => {
    const { log } = queue(0, noDefects, ["aws"]);
    const wider = {
      type: "create-group",
      group: GROUP,
      placement: ["aws", "gcp"],
      semantics: "at-least-once",
    } as const;
    expect(log.result(wider)).toMatchObject({ reason: "conflict" });
    expect(log.keys({ ...wider, placement: ["aws"] })).toEqual([]);
  });
});

describe("acknowledging", () => {
  it("moves the cursor over the contiguous acked prefix", () => {
    const { log } = queue(3);
    const [first, second, third] = [poll(log), poll(log), poll(log)];
    expect(log.keys({ type: "ack", ...of(third) })).not.toContain(`cursor/${GROUP}`);
    log.apply({ type: "ack", ...of(first) });
    expect(log.apply({ type: "ack", ...of(second) }).writes).toContainEqual({
      key: `cursor/${GROUP}`,
      value: 3,
    });
  });

  it("skips what is not acked when the defect says so", () => {
    const { log, machine } = queue(2, planted("cursor-skips"));
    poll(log);
    log.apply({ type: "ack", ...of(poll(log)) });
    expect(machine.progress(GROUP)?.cursor).toBe(2);
  });

  it("refuses an ack for a delivery that is not live any more", () => {
    const { log } = queue(1);
    const late = poll(log);
    log.pass(`delivery/${GROUP}/0`);
    const live = poll(log);
    expect(log.result({ type: "ack", ...of(late) })).toMatchObject({ reason: "stale-delivery" });
    expect(log.result({ type: "ack", ...of(live) })).toMatchObject({ ok: true, count: 1 });
    expect(log.result({ type: "ack", ...of(live) })).toMatchObject({ ok: true, count: 0 });
    expect(log.result({ type: "ack", ...of(late) })).toMatchObject({ reason: "stale-delivery" });
  });

  it("lets a late ack take another worker's delivery away under GW6", () => {
    const { log } = queue(1, planted("GW6"));
    const late = poll(log);
    log.pass(`delivery/${GROUP}/0`);
    poll(log);
    expect(log.result({ type: "ack", ...of(late) })).toMatchObject({ ok: true, count: 1 });
  });
});

describe("visibility", () => {
  it("brings a record back with its count one higher when the time-out passes", () => {
    const { log } = queue(1);
    poll(log);
    expect(log.deadline(`delivery/${GROUP}/0`)).toMatchObject({ after: seconds(8) });
    expect(log.pass(`delivery/${GROUP}/0`).writes).toEqual([{ key: `delivery/${GROUP}/0`, value: null }]);
    expect(poll(log)).toMatchObject({ offset: 0, count: 2, deliveryId: `${GROUP}/0/2` });
  });

  it("starts anew with a heartbeat, and what ran before means nothing", () => {
    const { log } = queue(1);
    const delivery = poll(log);
    const before = log.deadline(`delivery/${GROUP}/0`);
    log.apply({ type: "extend", ...of(delivery) });
    const after = log.deadline(`delivery/${GROUP}/0`);
    expect(after?.generation).not.toBe(before?.generation);
    if (before !== undefined) expect(log.apply(before.command).writes).toEqual([]);
    expect(log.result({ type: "ack", ...of(delivery) })).toMatchObject({ count: 1 });
  });

  it("is the same list of deadlines while nothing changes", () => {
    const { log, machine } = queue(1);
    poll(log);
    const deadlines = machine.deadlines();
    append(log, 7);
    expect(machine.deadlines()).toBe(deadlines);
  });

  it("serves what came back before what is fresh", () => {
    const { log } = queue(3);
    poll(log);
    poll(log);
    log.pass(`delivery/${GROUP}/1`);
    log.pass(`delivery/${GROUP}/0`);
    expect([poll(log).offset, poll(log).offset, poll(log).offset]).toEqual([0, 1, 2]);
  });

  it("keeps a record that was given back out of sight until its delay is over", () => {
    const { log } = queue(1);
    log.apply({ type: "nack", delay: seconds(2), ...of(poll(log)) });
    expect(pollResult(log)).toMatchObject({ delivery: null });
    expect(log.deadline(`waiting/${GROUP}/0`)).toMatchObject({ after: seconds(2) });
    log.pass(`waiting/${GROUP}/0`);
    expect(poll(log).count).toBe(2);
  });
});

describe("dead letters", () => {
  it("takes a record out after the last allowed delivery, and a redrive allows another round", () => {
    const { log, machine } = queue(1);
    for (let n = 0; n < 2; n++) log.apply({ type: "nack", delay: 0, ...of(poll(log)) });
    poll(log);
    expect(log.pass(`delivery/${GROUP}/0`).writes).toContainEqual({
      key: `dead/${GROUP}/0`,
      value: { count: 3 },
    });
    expect(pollResult(log)).toMatchObject({ delivery: null });
    expect(machine.progress(GROUP)).toMatchObject({ dead: 1, cursor: 0 });
    expect(log.result({ type: "redrive", group: GROUP })).toMatchObject({ count: 1 });
    const again = poll(log);
    expect(again.count).toBe(4);
    log.apply({ type: "ack", ...of(again) });
    expect(machine.progress(GROUP)).toMatchObject({ dead: 0, cursor: 1 });
  });

  it("takes at once what the worker says it can never process", () => {
    const { log } = queue(1);
    expect(log.keys({ type: "term", ...of(poll(log)) })).toContain(`dead/${GROUP}/0`);
  });

  it("loops for ever under the planted defect", () => {
    const { log, machine } = queue(1, planted("poison-loops-for-ever"));
    for (let n = 0; n < 12; n++) log.apply({ type: "nack", delay: 0, ...of(poll(log)) });
    expect(machine.progress(GROUP)?.dead).toBe(0);
  });

  it("forgets counts when the leader changes under the planted defect only", () => {
    for (const [defects, count] of [
      [noDefects, 2],
      [planted("delivery-count-lost-on-leader-change"), 1],
    ] as const) {
      const { log } = queue(1, defects);
      poll(log);
      log.term = 2;
      log.pass(`delivery/${GROUP}/0`);
      expect(poll(log).count).toBe(count);
    }
  });
});

describe("fencing", () => {
  it("refuses a writer with a lower lease epoch than it accepted, and no other", () => {
    const { log } = queue(0);
    expect(log.apply({ type: "raise-fence", epoch: 3 }).writes).toEqual([{ key: "fence", value: 3 }]);
    expect(log.apply({ type: "trim", epoch: 2 })).toEqual({
      result: { ok: false, reason: "fenced" },
      writes: [],
    });
    expect(log.result({ type: "redrive", group: GROUP, epoch: 2 })).toMatchObject({ reason: "fenced" });
    expect(log.result({ type: "trim", epoch: 3 })).toMatchObject({ ok: true });
    expect(append(log, 0)).toMatchObject({ ok: true });
  });

  it("lets older ones through under GW4", () => {
    const { log } = queue(0, planted("GW4"));
    log.apply({ type: "raise-fence", epoch: 3 });
    expect(log.apply({ type: "trim", epoch: 1 }).writes).toEqual([{ key: "fence", value: 1 }]);
  });
});

describe("trimming", () => {
  it("lets go of acked records' bodies and still answers repeats and reads", () => {
    const { log, machine } = queue(2);
    log.apply({ type: "ack", ...of(poll(log)) });
    expect(log.result({ type: "trim", epoch: 1 })).toMatchObject({ count: 1 });
    expect(append(log, 0)).toMatchObject({ offset: 0, repeated: true });
    expect(machine.header(0)?.key).toBe("delivery-0");
    expect(JSON.stringify(machine.snapshot())).not.toContain('"orderId":"order-0"');
  });
});

describe("snapshots", () => {
  it("restore to the same state, deadlines included", () => {
    const { log, machine } = queue(4);
    log.apply({ type: "ack", ...of(poll(log)) });
    log.apply({ type: "nack", delay: seconds(1), ...of(poll(log)) });
    log.apply({ type: "term", ...of(poll(log)) });
    poll(log);
    log.apply({ type: "trim", epoch: 2 });
    const json = JSON.parse(JSON.stringify(machine.snapshot()));
    const { machine: restored } = queue(1);
    restored.restore(json);
    expect(JSON.parse(JSON.stringify(restored.snapshot()))).toEqual(json);
    expect(new Set(restored.deadlines())).toEqual(new Set(machine.deadlines()));
  });

  it("lose the producer keys under the planted defect only", () => {
    for (const [defects, repeated] of [
      [noDefects, true],
      [planted("dedupe-lost-on-restart"), false],
    ] as const) {
      const { log, machine } = queue(1, defects);
      machine.restore(machine.snapshot());
      expect(append(log, 0)).toMatchObject({ repeated });
    }
  });
});
