/**
 * The walk forward: begin a step, execute it, store what came of it, go to the next.
 *
 * A step is begun durably before it is executed, in a transaction that a cancel refuses; result, context and
 * desired state are stored in one transaction. A step that fails, raises, or is never begun because of a
 * cancel turns the run round. Where nobody can tell whether the step did something, it is compensated itself,
 * and not only those before it.
 */
import { GOALS } from "./goals.js";
import { type Fields, INPUTS, type SagaError, type SagaRun, type StepResult } from "./records.js";
import { upsertStepResult } from "./sagas.js";
import type { Session } from "./session.js";
import type { SagaState, Step, StepOutcome } from "./step.js";
import type { Statement } from "./table.js";

/** `unknown-module`: another version of the code has to do it. */
export type ForwardEnd = "completed" | "turned" | "handed-back" | "unknown-module";

/** @throws LeaseLost */
export async function walkForward(session: Session, mayGoOn: () => boolean): Promise<ForwardEnd> {
  for (;;) {
    const { run } = session;
    if (run.status !== "pending" && run.status !== "running" && !session.host.defect("AW8")) return "turned";
    if (run.status === "failed" || run.status === "rolled_back") return "turned";
    if (run.status === "completed") return "completed";
    if (run.cancelRequested) {
      if (run.status === "pending") await begin(session);
      else if (await turnRoundForCancel(session)) return "turned";
      continue;
    }
    if (!mayGoOn()) return "handed-back";
    const idx = run.currentStepIdx;
    if (idx >= run.stepModules.length) {
      await complete(session);
      continue;
    }
    const step = session.stepAt(idx);
    if (step === undefined) return "unknown-module";
    if (session.steps.get(idx)?.status === "running" && session.host.defect("rescued-run-turns-back")) {
      if (await turn(session, idx, "interrupted", [])) return "turned";
      continue;
    }
    const result = await beginStep(session, step, idx);
    if (result === undefined) continue;
    const state = session.stateAt(idx, result.token, result.attempts);
    const outcome = await safeExecute(session, step, state);
    if (session.host.buggify("saga: slow to store")) await session.host.sleep(session.knobs.leaseTrust / 2);
    if (outcome.ok) await storeResult(session, result, outcome);
    else if (await turnRound(session, result, outcome)) return "turned";
  }
}

/** A run that was cancelled before its first step: it, too, goes by legal edges. */
async function begin(session: Session): Promise<void> {
  session.host.reached(GOALS.cancelledUnstarted);
  if (await session.commit([session.update({ status: "running" })])) session.know({ status: "running" });
}

/** A run without steps. */
async function complete(session: Session): Promise<void> {
  const status = session.run.status === "pending" ? "running" : "completed";
  const ends = status === "completed" ? session.ending(status) : [];
  if (await session.commit([session.update({ status }), ...ends])) session.know({ status });
}

/** Undefined when the run was not as this session knew it. */
async function beginStep(session: Session, step: Step, idx: number): Promise<StepResult | undefined> {
  const { run, host } = session;
  const before = session.steps.get(idx);
  const attempts = (before?.attempts ?? 0) + 1;
  const result: StepResult = {
    sagaId: run.id,
    stepIdx: idx,
    name: step.name,
    status: "running",
    output: {},
    error: null,
    attempts,
    compensationAttempts: 0,
    token: host.defect("AW3") ? `${run.id}:${idx}:${attempts}` : `${run.id}:${idx}`,
    startedAt: before?.startedAt ?? host.clock.now(),
    endedAt: 0,
  };
  const status = run.status === "pending" ? "running" : run.status;
  const uncancelled = host.defect("AW10") ? {} : { cancelRequested: false };
  const early = host.defect("progress-before-result") ? { currentStepIdx: idx + 1 } : {};
  const progress = { status, ...early };
  if (!(await session.commit([session.update(progress, uncancelled), upsertStepResult(before, result)])))
    return undefined;
  if (before !== undefined) host.reached(GOALS.resumedForward);
  session.know(progress, result);
  return result;
}

/** Whatever a step raises is a failure of the step, and not of the runner. */
async function safeExecute(
  { host, world, lease }: Session,
  step: Step,
  state: SagaState,
): Promise<StepOutcome> {
  try {
    if (host.buggify("saga: step raises")) throw new Error("raised by chance");
    return await step.execute(state, world);
  } catch (error) {
    if (lease.lost) throw error;
    host.reached(GOALS.stepRaised);
    return { ok: false, error: String(error), ambiguous: true };
  }
}

async function storeResult(
  session: Session,
  begun: StepResult,
  outcome: Extract<StepOutcome, { readonly ok: true }>,
): Promise<void> {
  const { run, host } = session;
  // Inputs belong to whoever started the run.
  const kept = host.defect("AW13") ? {} : { [INPUTS]: run.context[INPUTS] ?? {} };
  const context: Fields = { ...outcome.context, ...kept };
  const output = added(run.context, context);
  const result: StepResult = { ...begun, status: "completed", output, endedAt: host.clock.now() };
  const last = begun.stepIdx === run.stepModules.length - 1;
  const progress: Partial<SagaRun> = {
    currentStepIdx: begun.stepIdx + 1,
    context,
    ...(last ? { status: "completed" } : {}),
  };
  const stepWrite = upsertStepResult(begun, result);
  const runWrites = [
    session.update(progress),
    ...session.desired(outcome.desired),
    ...(last ? session.ending("completed") : []),
  ];
  if (host.defect("AW5")) {
    if (!(await session.commit([stepWrite]))) return;
    if (await session.commit(runWrites)) session.know(progress, result);
  } else if (await session.commit([stepWrite, ...runWrites])) session.know(progress, result);
}

/** What a step has put into the context, the inputs apart. */
function added(before: Fields, after: Fields): Fields {
  const output: Record<string, Fields[string]> = {};
  for (const [name, value] of Object.entries(after)) {
    if (name !== INPUTS && JSON.stringify(before[name]) !== JSON.stringify(value)) output[name] = value;
  }
  return output;
}

/** The step has failed. False when the run was not as this session knew it. */
async function turnRound(
  session: Session,
  begun: StepResult,
  { error, ambiguous }: Extract<StepOutcome, { readonly ok: false }>,
): Promise<boolean> {
  const { host } = session;
  const idx = begun.stepIdx;
  if (ambiguous) host.reached(GOALS.ambiguous);
  const from = ambiguous && !host.defect("AW4") ? idx : idx - 1;
  const failed: StepResult = { ...begun, status: "failed", error, endedAt: host.clock.now() };
  return turn(session, from, `step_failed:${begun.name}`, [upsertStepResult(begun, failed)], failed);
}

/** A step that was begun and has no result yet may have done something. */
async function turnRoundForCancel(session: Session): Promise<boolean> {
  const { run, host, steps } = session;
  const idx = run.currentStepIdx;
  const under = steps.get(idx)?.status === "running" && !host.defect("AW4");
  if (steps.size > 0) host.reached(GOALS.cancelledUnderWay);
  return turn(session, under ? idx : idx - 1, "cancelled", []);
}

async function turn(
  session: Session,
  from: number,
  reason: string,
  writes: readonly Statement[],
  step?: StepResult,
): Promise<boolean> {
  const error: SagaError = { compensate_from_idx: from, reason };
  const undefinedEdge = from < 0 && session.host.defect("AW14");
  const changes: Partial<SagaRun> = {
    status: undefinedEdge ? "failed" : "compensating",
    compensateIdx: from,
    error,
  };
  const ends = undefinedEdge ? session.ending("failed") : [];
  if (!(await session.commit([session.update(changes), ...writes, ...ends]))) return false;
  session.know(changes, step);
  return true;
}
