/** A toy run that fails, and one that passes: an acknowledged addition is lost in a crash, and without the crash it is not. */
import type { Plan } from "../../src/sim/plan.js";
import { MILLISECOND, SECOND } from "../../src/sim/time.js";
import { calm } from "./toy.js";

export { calm as toyCalm } from "./toy.js";

export const toyStorm: Plan = {
  ...calm.plan(1, { defects: ["ack-early"] }),
  workload: [{ id: "add-1", at: 9_800 * MILLISECOND, host: "client-1", action: "add", body: 5 }],
  faults: [
    { kind: "disk-stall", id: "f1", at: 9 * SECOND, for: 3 * SECOND, target: "ledger" },
    { kind: "crash", id: "f2", at: 10 * SECOND, for: 2 * SECOND, target: "ledger" },
  ],
};

export const toyPassing: Plan = { ...toyStorm, faults: toyStorm.faults.slice(0, 1) };
