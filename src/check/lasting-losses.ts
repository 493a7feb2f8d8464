/**
 * Losses that last: hosts that never come back, and upgrades that leave two settings in use. Whoever is left owes as much while such
 * a loss lasts as when everything is up, so that liveness can be judged long before the heal.
 */
import type { Plan } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { time } from "./evidence-text.js";

/**
 * From when on nothing goes wrong any more but what lasts; undefined where a plan has nothing that lasts. A fault that waits for a
 * moment may strike until the heal, and so may one that a host has to come to.
 */
export function onlyLossesFrom({ faults, knobs, healAt }: Plan): Micros | undefined {
  if (knobs.buggify === true || !faults.some(({ kind }) => kind === "host-loss" || kind === "upgrade"))
    return undefined;
  let from: Micros = 0;
  for (const fault of faults) {
    const mayStrikeLate = fault.trigger !== undefined || fault.kind === "crash-point";
    const over = fault.at + ("for" in fault ? fault.for : 0);
    from = Math.max(from, mayStrikeLate ? healAt : over);
  }
  return from;
}

/** `with nothing wrong since 5.000 s but that aws-a never came back`: what a sentence says of such a time. */
export function nothingWrongBut(since: Micros, lost: ReadonlySet<string>): string {
  const but =
    lost.size === 0 ? "that two settings are in use" : `that ${[...lost].join(", ")} never came back`;
  return `with nothing wrong since ${time(since)} but ${but}`;
}
