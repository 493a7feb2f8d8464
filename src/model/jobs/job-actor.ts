/** What one actor of the pool does with one job: two calls to the mill, each with leave of the breaker. */
import { type Micros, TIMED_OUT } from "seedstorm";
import { type ActorContext, type Behaviour, Failure } from "../actors/actor.js";
import type { Breaker, BreakerOutcome } from "../actors/breaker-api.js";
import { MILL_TIMEOUT } from "./config.js";
import { DECLINED, MILL } from "./mill.js";
import type { Job } from "./wire.js";

export type WorkResult =
  | { readonly status: "done" | "declined" }
  /** To be tried again. */
  | { readonly status: "undone"; readonly retryAfter: Micros };

const STEPS = ["cut", "polish"] as const;
const RETRY_AFTER: Micros = 200_000;

export function jobActor(context: ActorContext, breaker: Breaker): Behaviour<Job, WorkResult> {
  return {
    async onCall(job): Promise<WorkResult> {
      if (job.kind === "poison") throw new Failure(`${job.id} is poison`);
      if (job.kind === "slow") await context.host.sleep(job.effort);
      for (const step of STEPS) {
        const result = await work(context, breaker, job, step);
        if (result !== undefined) return result;
        if (context.host.defect("job-done-before-polished")) break;
      }
      return { status: "done" };
    },
  };
}

/** Undefined when the step is done. */
async function work(
  { id, host }: ActorContext,
  breaker: Breaker,
  job: Job,
  step: string,
): Promise<WorkResult | undefined> {
  const admission = breaker.admit();
  if (!admission.admitted) return { status: "undone", retryAfter: admission.retryAfter };
  const body = { actor: id, kind: job.kind };
  const reply = await host.call(MILL, step, `${job.id}:${step}`, body, MILL_TIMEOUT);
  const isDeclined = reply !== TIMED_OUT && !reply.ok && reply.error === DECLINED;
  const isDone = reply !== TIMED_OUT && reply.ok;
  const outcome: BreakerOutcome = isDone ? "success" : isDeclined ? "decline" : "failure";
  admission.permit.report(outcome);
  if (isDone) return undefined;
  return isDeclined ? { status: "declined" } : { status: "undone", retryAfter: RETRY_AFTER };
}
