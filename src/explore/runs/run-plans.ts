/**
 * Many plans on a pool of threads, their results in the order of the plans. A run that takes its thread with it or
 * hangs is that plan's result, as a campaign would report it.
 */
import type { Plan } from "../../sim/plan.js";
import { brokenResult, type PlanRequest, type PlanResult } from "./run-plan.js";
import { PoolUnusable, type Runner } from "./runner.js";

/** Undefined when the pool was closed meanwhile. */
export async function runOnePlan(
  pool: Runner,
  plan: Plan,
  request: PlanRequest,
): Promise<PlanResult | undefined> {
  const end = await pool.attempt({ kind: "plans", plans: [plan], request });
  switch (end.kind) {
    case "closed":
      return undefined;
    case "lost":
      return brokenResult(end.why, end.message);
    case "done": {
      if (end.result.kind !== "plans") throw new PoolUnusable("a thread did something else than was asked");
      return end.result.results[0];
    }
  }
}

/**
 * Runs plans as they come out of the sequence, as many at once as there are threads.
 *
 * @param onResult called for each, in the order of the plans; false ends it.
 */
export async function runPlans(
  pool: Runner,
  plans: Iterable<Plan>,
  request: PlanRequest,
  onResult: (result: PlanResult, index: number, plan: Plan) => boolean | undefined,
): Promise<void> {
  const iterator = plans[Symbol.iterator]();
  const waiting = new Map<number, { readonly result: PlanResult; readonly plan: Plan }>();
  let begun = 0;
  let reported = 0;
  let over = false;
  const work = async (): Promise<void> => {
    while (!over) {
      const next = iterator.next();
      if (next.done === true) return;
      const index = begun++;
      const result = await runOnePlan(pool, next.value, request);
      if (result === undefined) {
        over = true;
        return;
      }
      waiting.set(index, { result, plan: next.value });
      for (let ready = waiting.get(reported); ready !== undefined && !over; ready = waiting.get(reported)) {
        waiting.delete(reported);
        if (onResult(ready.result, reported++, ready.plan) === false) over = true;
      }
    }
  };
  await Promise.all(Array.from({ length: pool.jobs }, work));
}
