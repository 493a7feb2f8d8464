import { beforeEach, describe, expect, it } from "vitest";
import { Cloud, UNOBTAINABLE } from "../../../src/model/saga/cloud.js";
import type { Json } from "../../../src/sim/plan.js";

let cloud = new Cloud();
beforeEach(() => {
  cloud = new Cloud();
});

const call = (operation: string, token: string, body: Json = {}) =>
  cloud.apply({ operation, token, body, from: "runner-1", at: 0 });
const create = (token: string, spec: Json = { size: "s" }) =>
  call("create", token, { kind: "server", deployment: "dep-1", spec });
const list = (): Json => {
  const reply = call("list", "l");
  return reply.ok ? reply.value : null;
};

const DONE = { ok: true, applied: true };
const AGAIN = { ok: true, applied: false };

describe("the cloud", () => {
  it("answers a repeated call as the first time, and does nothing", () => {
    expect(create("t1")).toMatchObject({ ...DONE, value: { resource: "server-1" } });
    expect(create("t1")).toMatchObject({ ...AGAIN, value: { resource: "server-1" } });
    expect(list()).toHaveLength(1);
  });

  it("makes a second resource for a call under another token", () => {
    create("t1");
    create("t2");
    expect(list()).toHaveLength(2);
  });

  it("reverts what a token did, once", () => {
    create("t1", { size: "s" });
    call("resize", "t2", { resource: "server-1", size: "l" });
    expect(call("revert", "t2:undo", { of: "t2" })).toMatchObject(DONE);
    expect(call("revert", "t2:undo", { of: "t2" })).toMatchObject(AGAIN);
    expect(list()).toMatchObject([{ spec: { size: "s" } }]);
    expect(call("revert", "t1:undo", { of: "t1" })).toMatchObject(DONE);
    expect(list()).toEqual([]);
  });

  it("refuses a call that comes after its own reversal", () => {
    expect(call("revert", "t1:undo", { of: "t1" })).toMatchObject(DONE);
    expect(create("t1")).toEqual({ ok: false, error: "token-spent" });
    expect(list()).toEqual([]);
  });

  it("lets such a call through when a reversal leaves no trace", () => {
    cloud = new Cloud(undefined, (id) => id === "revert-leaves-no-trace");
    call("revert", "t1:undo", { of: "t1" });
    expect(create("t1")).toMatchObject(DONE);
  });

  it("takes back what is gone already", () => {
    create("t1");
    call("suspend", "t2", { resource: "server-1" });
    call("delete", "by-hand", { resource: "server-1" });
    expect(call("revert", "t2:undo", { of: "t2" })).toMatchObject(DONE);
    expect(call("revert", "t1:undo", { of: "t1" })).toMatchObject(DONE);
    expect(call("delete", "t3", { resource: "server-1" })).toMatchObject(DONE);
  });

  it("does not take back a deletion", () => {
    create("t1");
    call("delete", "t2", { resource: "server-1" });
    expect(call("revert", "t2:undo", { of: "t2" })).toEqual({ ok: false, error: "irreversible" });
  });

  it("removes a protected resource by force only", () => {
    create("t1", { protect: true });
    expect(call("delete", "t2", { resource: "server-1" })).toEqual({ ok: false, error: "protected" });
    expect(call("revert", "t1:undo", { of: "t1" })).toEqual({ ok: false, error: "protected" });
    expect(call("revert", "t3", { of: "t1", force: true })).toMatchObject(DONE);
    expect(list()).toEqual([]);
  });

  it("refuses what no quota allows, what is not there, and what it doesn't know", () => {
    expect(create("t1", { size: UNOBTAINABLE })).toEqual({ ok: false, error: "quota-exceeded" });
    expect(call("resize", "t2", { resource: "server-9", size: "l" })).toEqual({
      ok: false,
      error: "not-found",
    });
    expect(call("paint", "t3")).toEqual({ ok: false, error: "bad-call" });
  });

  it("says what has become of a token", () => {
    create("t1");
    call("revert", "t2:undo", { of: "t2" });
    expect(call("find", "t1")).toMatchObject({
      ...AGAIN,
      value: { state: "applied", value: { resource: "server-1" } },
    });
    expect(call("find", "t2")).toMatchObject({ ...AGAIN, value: { state: "spent" } });
    expect(call("find", "t3")).toMatchObject({ ...AGAIN, value: { state: "unknown" } });
  });
});
