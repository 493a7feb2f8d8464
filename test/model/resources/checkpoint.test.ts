import { describe, expect, it } from "vitest";
import { type CheckpointCommand, CheckpointMachine } from "../../../src/model/resources/checkpoint.js";
import { type Defects, noDefects, POLICY_HASH } from "../../../src/model/resources/types.js";
import { Log, planted } from "./machines.js";

const checkpoints = (defects: Defects = noDefects) => new Log(new CheckpointMachine({ quorum: 2 }, defects));
type Save = CheckpointCommand & { readonly type: "save" };

const save = (change: Partial<Save> = {}): Save => ({
  type: "save",
  name: "orders",
  expectedVersion: 0,
  sha256: "5a",
  bytes: 2,
  cursor: 10,
  objectCopies: ["aws", "gcp"],
  epoch: 1,
  schemaId: "order-checkpoint.v1",
  policyHash: POLICY_HASH,
  ...change,
});

describe("the checkpoint pointer", () => {
  it("moves by compare-and-set, one version at a time", () => {
    const log = checkpoints();
    expect(log.apply(save()).writes).toContainEqual({
      key: "pointer/orders",
      value: { version: 1, sha256: "5a", bytes: 2, cursor: 10, epoch: 1, objectCopies: ["aws", "gcp"] },
    });
    expect(log.apply(save())).toEqual({ result: { ok: false, reason: "version-conflict" }, writes: [] });
    expect(log.result(save({ expectedVersion: 1 }))).toEqual({ ok: true, version: 2 });
  });

  it("needs a quorum of copies, on different providers", () => {
    expect(checkpoints().result(save({ objectCopies: ["aws", "aws"] }))).toMatchObject({
      reason: "object-not-durable",
    });
    expect(checkpoints(planted("GW7")).result(save({ objectCopies: ["aws"] }))).toMatchObject({ ok: true });
  });

  it("refuses a lower lease epoch, another policy and an unknown schema", () => {
    const log = checkpoints();
    log.apply({ type: "raise-fence", epoch: 2 });
    expect(log.result(save())).toMatchObject({ reason: "fenced" });
    expect(log.result(save({ epoch: 2, policyHash: "00" }))).toMatchObject({ reason: "wrong-policy-hash" });
    expect(log.result(save({ epoch: 2, schemaId: "v0" }))).toMatchObject({ reason: "unknown-schema" });
    expect(log.result(save({ epoch: 2 }))).toMatchObject({ ok: true });
  });

  it("goes back to an older state only after an operator's reset, and only once", () => {
    const log = checkpoints();
    log.apply(save());
    expect(log.result(save({ expectedVersion: 1, cursor: 4 }))).toMatchObject({ reason: "version-conflict" });
    log.apply({ type: "reset", name: "orders" });
    expect(log.result(save({ expectedVersion: 1, cursor: 4 }))).toMatchObject({ version: 2 });
    expect(log.result(save({ expectedVersion: 2, cursor: 3 }))).toMatchObject({ reason: "version-conflict" });
  });

  it("gives way under each planted defect", () => {
    for (const [id, change] of [
      ["cas-on-stale-version", { expectedVersion: 0, cursor: 11 }],
      ["checkpoint-regression", { expectedVersion: 1, cursor: 4 }],
    ] as const) {
      const log = checkpoints(planted(id));
      log.apply(save());
      expect(log.result(save(change))).toMatchObject({ ok: true });
    }
    const fence = checkpoints(planted("fence-greater-than-or-equal"));
    fence.apply({ type: "raise-fence", epoch: 3 });
    expect(fence.result(save({ epoch: 1 }))).toMatchObject({ reason: "fenced" });
    expect(fence.result(save({ epoch: 2 }))).toMatchObject({ ok: true });
  });

  it("restores from a snapshot to the same state", () => {
    const log = checkpoints();
    log.apply(save());
    log.apply({ type: "reset", name: "orders" });
    const json = JSON.parse(JSON.stringify(log.machine.snapshot()));
    const restored = checkpoints();
    restored.machine.restore(json);
    expect(restored.machine.snapshot()).toEqual(json);
  });
});
