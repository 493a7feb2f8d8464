/** What is asked of the engine, as transactions: start a run, cancel it, enqueue it by hand, write down a step. */
import {
  asRow,
  deploymentKey,
  INPUTS,
  type Job,
  jobKey,
  leaseKey,
  runKey,
  type SagaRun,
  type StepResult,
  stepKey,
} from "./records.js";
import type { Row, Statement } from "./table.js";
import type { StartRequest } from "./wire.js";

/**
 * A run's row, and what excludes others: refused at the first statement when there is such a run, at the last
 * when the deployment is taken.
 */
export function insertRun(request: StartRequest, stepModules: readonly string[]): Statement[] {
  const { sagaId, kind, inputs, deploymentId, triggeredBy, after } = request;
  const run: Omit<SagaRun, "insertedAt"> = {
    id: sagaId,
    kind,
    status: "pending",
    stepModules,
    currentStepIdx: 0,
    context: { [INPUTS]: inputs },
    cancelRequested: false,
    error: null,
    deploymentId,
    triggeredBy,
    compensateIdx: null,
    leaseEpoch: 0,
  };
  const lease: Row = { sagaId, holder: null, epoch: 0, since: 0, until: 0 };
  const statements: Statement[] = [
    { do: "insert", key: runKey(sagaId), row: asRow(run), stamps: { insertedAt: 0 } },
    { do: "insert", key: leaseKey(sagaId), row: lease },
  ];
  if (deploymentId === null) return statements;
  const key = deploymentKey(deploymentId);
  statements.push(
    after === undefined
      ? { do: "insert", key, row: { sagaId } }
      : { do: "update", key, where: { sagaId: after }, set: { sagaId } },
  );
  return statements;
}

/** Refused when there is such a job. */
export function insertJob(sagaId: string, jobId: string): Statement[] {
  const job: Omit<Job, "availableAt"> = { id: jobId, sagaId, state: "available", attempt: 0 };
  return [{ do: "insert", key: jobKey(jobId), row: asRow(job), stamps: { availableAt: 0 } }];
}

/** Refused unless the run is still on its way forward. */
export function requestCancel(sagaId: string): Statement[] {
  return [
    {
      do: "update",
      key: runKey(sagaId),
      where: { status: ["pending", "running"] },
      set: { cancelRequested: true },
    },
  ];
}

export function reEnqueue(sagaId: string, jobId: string): Statement[] {
  return [{ do: "check", key: runKey(sagaId) }, ...insertJob(sagaId, jobId)];
}

/** A step's result in the ledger. Refused unless what stands there is `before`: nothing, or that result. */
export function upsertStepResult(before: StepResult | undefined, after: StepResult): Statement {
  const key = stepKey(after.sagaId, after.stepIdx);
  if (before === undefined) return { do: "insert", key, row: asRow(after) };
  const { status, attempts, compensationAttempts } = before;
  return { do: "update", key, where: { status, attempts, compensationAttempts }, set: asRow(after) };
}
