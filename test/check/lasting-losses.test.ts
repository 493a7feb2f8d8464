import { expect, it } from "vitest";
import { onlyLossesFrom } from "../../src/check/lasting-losses.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { SECOND } from "../../src/sim/time.js";
import { planOf } from "../support/history-builder.js";

const lost: Fault = { kind: "host-loss", id: "f-1", at: 5 * SECOND, target: "aws-w" };
const crash: Fault = { kind: "crash", id: "f-2", at: 10 * SECOND, for: 3 * SECOND, target: "gcp-w" };

it("says from when on nothing goes wrong but what lasts", () => {
  expect(onlyLossesFrom(planOf({ faults: [lost] }))).toBe(5 * SECOND);
  expect(onlyLossesFrom(planOf({ faults: [lost, crash] }))).toBe(13 * SECOND);
});

it("waits until the heal for what may strike at any time", () => {
  const trigger = { moment: "host-booted", nth: 1, after: 0 };
  expect(onlyLossesFrom(planOf({ faults: [lost, { ...crash, trigger }] }))).toBe(40 * SECOND);
});

it("says nothing where nothing lasts, and where trouble comes at any time", () => {
  expect(onlyLossesFrom(planOf({ faults: [crash] }))).toBeUndefined();
  expect(onlyLossesFrom(planOf({ faults: [lost], knobs: { buggify: true } }))).toBeUndefined();
});
