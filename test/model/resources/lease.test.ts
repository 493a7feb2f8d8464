import { describe, expect, it } from "vitest";
import { LeaseMachine } from "../../../src/model/resources/lease.js";
import { type Defects, noDefects } from "../../../src/model/resources/types.js";
import { seconds } from "../../../src/sim/time.js";
import { Log, planted } from "./machines.js";

const leases = (defects: Defects = noDefects) => new Log(new LeaseMachine({ ttl: seconds(5) }, defects));
type Leases = ReturnType<typeof leases>;

const acquire = (log: Leases, holder: string, wallClock = 0) =>
  log.result({ type: "acquire", name: "maintenance", holder, schemaId: "order-leader.v1", wallClock });
const renew = (log: Leases, holder: string, epoch: number) =>
  log.result({ type: "renew", name: "maintenance", holder, epoch, wallClock: 0 });
const release = (log: Leases, holder: string, epoch: number) =>
  log.apply({ type: "release", name: "maintenance", holder, epoch });
const expire = (log: Leases) => log.pass("lease/maintenance");

describe("the lease", () => {
  it("is granted to one holder at a time", () => {
    const log = leases();
    expect(acquire(log, "a")).toEqual({ ok: true, state: "granted", epoch: 1 });
    expect(acquire(log, "b")).toEqual({ ok: true, state: "busy", holder: "a", epoch: 1 });
    expect(acquire(log, "a")).toEqual({ ok: true, state: "granted", epoch: 1 });
  });

  it("is granted with a higher epoch after it expired and after it was released", () => {
    const log = leases();
    acquire(log, "a");
    expect(log.deadline("lease/maintenance")?.after).toBe(seconds(5));
    expect(expire(log).facts).toEqual([
      { kind: "lease", phase: "expire", lease: "maintenance", holder: "a", epoch: 1 },
    ]);
    expect(acquire(log, "b")).toMatchObject({ state: "granted", epoch: 2 });
    release(log, "b", 2);
    expect(acquire(log, "a")).toMatchObject({ state: "granted", epoch: 3 });
  });

  it("lasts from its last renewal: a time-out from before means nothing", () => {
    const log = leases();
    acquire(log, "a");
    const before = log.deadline("lease/maintenance");
    expect(renew(log, "a", 1)).toMatchObject({ state: "renewed" });
    if (before !== undefined) expect(log.result(before.command)).toMatchObject({ state: "outdated" });
    expect(acquire(log, "b")).toMatchObject({ state: "busy" });
  });

  it("is renewed only by its holder with its epoch while it is held", () => {
    const log = leases();
    acquire(log, "a");
    expect(renew(log, "b", 1)).toMatchObject({ reason: "not-held" });
    expect(renew(log, "a", 2)).toMatchObject({ reason: "not-held" });
    expire(log);
    expect(renew(log, "a", 1)).toMatchObject({ reason: "not-held" });
  });

  it("is released only by its holder", () => {
    const log = leases();
    acquire(log, "a");
    expect(release(log, "b", 1)).toMatchObject({ result: { reason: "not-held" }, writes: [] });
    expect(release(log, "a", 1).writes).toEqual([
      { key: "lease/maintenance", value: { holder: null, epoch: 1, state: "released" } },
    ]);
  });

  it("gives way under each planted defect", () => {
    const late = leases(planted("lease-renewed-after-expiry"));
    acquire(late, "a");
    expire(late);
    expect(renew(late, "a", 1)).toMatchObject({ state: "renewed" });
    const open = leases(planted("release-without-owner-check"));
    acquire(open, "a");
    expect(release(open, "b", 1).result).toMatchObject({ state: "released" });
    const wall = leases(planted("lease-expiry-by-wall-clock"));
    acquire(wall, "a");
    expect(acquire(wall, "b", seconds(6))).toMatchObject({ state: "granted", epoch: 2 });
  });

  it("refuses unknown schemas", () => {
    const command = {
      type: "acquire",
      name: "maintenance",
      holder: "a",
      schemaId: "?",
      wallClock: 0,
    } as const;
    expect(leases().result(command)).toMatchObject({ reason: "unknown-schema" });
  });

  it("restores from a snapshot to the same state, deadlines included", () => {
    const log = leases();
    acquire(log, "a");
    const json = JSON.parse(JSON.stringify(log.machine.snapshot()));
    const restored = leases();
    restored.machine.restore(json);
    expect(restored.machine.snapshot()).toEqual(json);
    expect(restored.machine.deadlines()).toEqual(log.machine.deadlines());
  });
});
