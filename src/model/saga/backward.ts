/**
 * The walk back: from the index at which the run turned round down to 0, each step that has a compensator is
 * compensated.
 *
 * The index is durable, so that a runner which takes over goes on where the last one stopped. A compensation
 * that fails is tried again, with growing pauses, and given up when that is of no use; the walk goes on below
 * it, and the run then ends as failed: it is rolled back only if everything was taken back.
 */
import { GOALS } from "./goals.js";
import { backoff } from "./knobs.js";
import type { SagaRun, StepResult } from "./records.js";
import { upsertStepResult } from "./sagas.js";
import type { Session } from "./session.js";
import type { CompensationOutcome, DesiredChange, Step } from "./step.js";

export type BackwardEnd = "ended" | "handed-back" | "unknown-module";

/** @throws LeaseLost */
export async function walkBack(session: Session, mayGoOn: () => boolean): Promise<BackwardEnd> {
  for (;;) {
    const { run } = session;
    if (run.status !== "compensating") return "ended";
    const idx = run.compensateIdx ?? -1;
    if (idx < 0) {
      await end(session);
      continue;
    }
    if (!mayGoOn()) return "handed-back";
    const step = session.stepAt(idx);
    if (step === undefined) return "unknown-module";
    const result = session.steps.get(idx);
    if (step.compensate === undefined || result === undefined) await goBelow(session, idx);
    else await compensate(session, step, result);
  }
}

async function compensate(session: Session, step: Step, before: StepResult): Promise<void> {
  const { host, knobs } = session;
  const outcome = await safeCompensate(session, step, before);
  const tries = before.compensationAttempts + 1;
  if (outcome.ok) {
    const done: StepResult = { ...before, status: "compensated", compensationAttempts: tries };
    await goBelow(session, before.stepIdx, before, done, outcome.desired);
    return;
  }
  const failed: StepResult = { ...before, compensationAttempts: tries, error: outcome.error };
  if (outcome.final || tries >= knobs.compensationTries) {
    host.reached(GOALS.compensationGivenUp);
    await goBelow(session, before.stepIdx, before, { ...failed, status: "compensation_failed" });
    return;
  }
  host.reached(GOALS.compensationRetried);
  if (await session.commit([session.update({}), upsertStepResult(before, failed)])) session.know({}, failed);
  await host.sleep(backoff(knobs.compensationPause, tries));
}

/** Whatever a compensator raises is a failure of the compensation, and not of the runner. */
async function safeCompensate(
  session: Session,
  step: Step,
  { stepIdx, token, attempts }: StepResult,
): Promise<CompensationOutcome> {
  try {
    const state = session.stateAt(stepIdx, token, attempts);
    return (await step.compensate?.(state, session.world)) ?? { ok: true };
  } catch (error) {
    if (session.lease.lost) throw error;
    return { ok: false, error: String(error), final: false };
  }
}

/** This index is dealt with, with a change of its step's result or without. */
async function goBelow(
  session: Session,
  idx: number,
  before?: StepResult,
  after?: StepResult,
  desired?: readonly DesiredChange[],
): Promise<void> {
  const changes: Partial<SagaRun> = { compensateIdx: idx - 1 };
  const ledger = before === undefined || after === undefined ? [] : [upsertStepResult(before, after)];
  if (await session.commit([session.update(changes), ...ledger, ...session.desired(desired)])) {
    session.know(changes, after);
  }
}

async function end(session: Session): Promise<void> {
  const { steps, host } = session;
  const leftovers = [...steps.values()].some(({ status }) => status === "compensation_failed");
  const status = leftovers && !host.defect("AW9") ? "failed" : "rolled_back";
  if (await session.commit([session.update({ status }), ...session.ending(status)])) session.know({ status });
}
