import { describe, expect, it } from "vitest";
import { IdempotencyMachine } from "../../../src/model/resources/idempotency.js";
import { type Defects, noDefects } from "../../../src/model/resources/types.js";
import { seconds } from "../../../src/sim/time.js";
import { Log, planted } from "./machines.js";

const store = (defects: Defects = noDefects) =>
  new Log(new IdempotencyMachine({ reservation: seconds(6) }, defects));
type Store = ReturnType<typeof store>;

const reserve = (log: Store, owner: string, requestHash = "hash") =>
  log.result({ type: "reserve", key: "effect:order-1", requestHash, owner, schemaId: "order-effect.v1" });
const complete = (log: Store, owner: string, attempt: number, value = "charged") =>
  log.result({ type: "complete", key: "effect:order-1", owner, attempt, value });

describe("the idempotency store", () => {
  it("reserves a new key for its owner and lets nobody else in", () => {
    const log = store();
    expect(reserve(log, "a")).toEqual({ ok: true, state: "new", attempt: 1 });
    expect(reserve(log, "b")).toEqual({ ok: true, state: "in-progress" });
    expect(complete(log, "b", 1)).toMatchObject({ reason: "not-held" });
  });

  it("answers repeats of a completed key with its value", () => {
    const log = store();
    reserve(log, "a");
    complete(log, "a", 1);
    expect(reserve(log, "b")).toEqual({ ok: true, state: "completed", value: "charged" });
  });

  it("refuses another request under the same key, before and after completion", () => {
    const log = store();
    reserve(log, "a");
    expect(reserve(log, "b", "other")).toMatchObject({ reason: "conflict" });
    complete(log, "a", 1);
    expect(reserve(log, "b", "other")).toMatchObject({ reason: "conflict" });
  });

  it("replays the old value to another request under GW5", () => {
    const log = store(planted("GW5"));
    reserve(log, "a");
    complete(log, "a", 1);
    expect(reserve(log, "b", "other")).toMatchObject({ state: "completed" });
  });

  it("completes once, and a repeated completion changes nothing", () => {
    const log = store();
    reserve(log, "a");
    complete(log, "a", 1, "first");
    expect(complete(log, "a", 1, "second")).toMatchObject({ ok: true, count: 0 });
    expect(reserve(log, "b")).toMatchObject({ value: "first" });
  });

  it("lets a later reserve take over once the reservation expired", () => {
    const log = store();
    reserve(log, "a");
    expect(log.deadline("reservation/effect:order-1")?.after).toBe(seconds(6));
    log.pass("reservation/effect:order-1");
    expect(reserve(log, "b")).toEqual({ ok: true, state: "new", attempt: 2 });
    expect(complete(log, "a", 1)).toMatchObject({ reason: "not-held" });
    expect(complete(log, "b", 2)).toMatchObject({ ok: true });
  });

  it("lets a slow owner complete as long as nobody took over", () => {
    const log = store();
    reserve(log, "a");
    log.pass("reservation/effect:order-1");
    expect(complete(log, "a", 1)).toMatchObject({ ok: true, count: 1 });
  });

  it("forgets a released key, which only its attempt can release", () => {
    const log = store();
    reserve(log, "a");
    const release = { type: "release", key: "effect:order-1", attempt: 1 } as const;
    expect(log.result({ ...release, owner: "b" })).toMatchObject({ reason: "not-held" });
    expect(log.apply({ ...release, owner: "a" }).writes).toEqual([
      { key: "key/effect:order-1", value: null },
    ]);
    expect(reserve(log, "b")).toMatchObject({ state: "new" });
  });

  it("keeps a key that was released and reserved again, though the end of the old reservation comes after that", () => {
    const log = store();
    reserve(log, "a");
    const old = log.deadline("reservation/effect:order-1");
    log.result({ type: "release", key: "effect:order-1", owner: "a", attempt: 1 });
    reserve(log, "b");
    expect(log.deadline("reservation/effect:order-1")?.generation).not.toBe(old?.generation);
    if (old !== undefined) expect(log.result(old.command)).toMatchObject({ count: 0 });
    expect(reserve(log, "c")).toEqual({ ok: true, state: "in-progress" });
  });

  it("never lets go of a reservation, or lets two hold it, under the planted defects", () => {
    const stuck = store(planted("reservation-never-released"));
    reserve(stuck, "a");
    expect(stuck.machine.deadlines()).toEqual([]);
    const shared = store(planted("check-then-act-on-one-key"));
    reserve(shared, "a");
    expect(reserve(shared, "b")).toMatchObject({ state: "new" });
  });

  it("refuses unknown schemas", () => {
    const command = {
      type: "reserve",
      key: "k",
      requestHash: "h",
      owner: "a",
      schemaId: "nonsense",
    } as const;
    expect(store().apply(command)).toEqual({ result: { ok: false, reason: "unknown-schema" }, writes: [] });
  });

  it("prunes what was completed long enough ago, for fenced writers of the newest epoch", () => {
    const log = store();
    reserve(log, "a");
    complete(log, "a", 1);
    expect(log.result({ type: "prune", keep: 1, epoch: 2 })).toMatchObject({ count: 0 });
    expect(log.result({ type: "prune", keep: 1, epoch: 1 })).toMatchObject({ reason: "fenced" });
    expect(log.keys({ type: "prune", keep: 1, epoch: 2 })).toEqual(["key/effect:order-1"]);
    expect(reserve(log, "b")).toMatchObject({ state: "new" });
  });

  it("has no fence under GW9, which leaves the queue's alone", () => {
    const log = store(planted("GW9"));
    log.apply({ type: "raise-fence", epoch: 2 });
    expect(log.result({ type: "prune", keep: 1, epoch: 1 })).toMatchObject({ ok: true });
  });

  it("restores from a snapshot to the same state, deadlines included", () => {
    const log = store();
    reserve(log, "a");
    complete(log, "a", 1);
    log.apply({ type: "reserve", key: "k", requestHash: "h", owner: "b", schemaId: "order-effect.v1" });
    const json = JSON.parse(JSON.stringify(log.machine.snapshot()));
    const restored = store();
    restored.machine.restore(json);
    expect(restored.machine.snapshot()).toEqual(json);
    expect(restored.machine.deadlines()).toEqual(log.machine.deadlines());
  });
});
