/**
 * The rows of the engine, their types and their keys.
 *
 * `run` holds saga_runs, `step` saga_step_results, `provisioned` cloud_provisioned. Besides there are the job
 * queue (`job`), who executes a run (`lease`), which run has a deployment to itself (`deployment`), and what
 * differs between desired and actual (`drift`).
 */
import type { Json, Micros } from "seedstorm";
import type { Row } from "./table.js";

export type Fields = { readonly [key: string]: Json };

export type SagaKind = "provision" | "suspend" | "offboard" | "update" | "rollback" | "test";
export type SagaStatus = "pending" | "running" | "completed" | "failed" | "compensating" | "rolled_back";
/** `compensation_failed`: its compensation was given up. */
export type StepStatus = "running" | "completed" | "failed" | "compensated" | "compensation_failed";

export interface SagaError {
  readonly compensate_from_idx: number;
  readonly reason: string;
}

export interface SagaRun {
  readonly id: string;
  readonly kind: SagaKind;
  readonly status: SagaStatus;
  /** Names of step modules, as the version that started the run knew them. */
  readonly stepModules: readonly string[];
  readonly currentStepIdx: number;
  /** What steps have put there; the inputs stand under `__inputs__`. */
  readonly context: Fields;
  readonly cancelRequested: boolean;
  readonly error: SagaError | null;
  readonly deploymentId: string | null;
  readonly triggeredBy: string;
  /** The index that is compensated next; null before compensation begins. */
  readonly compensateIdx: number | null;
  /** The lease under which it was last written. */
  readonly leaseEpoch: number;
  /** The database's time. */
  readonly insertedAt: Micros;
}

export interface StepResult {
  readonly sagaId: string;
  readonly stepIdx: number;
  /** The step's own name, whatever its module was called when. */
  readonly name: string;
  readonly status: StepStatus;
  /** What it put into the context. */
  readonly output: Fields;
  readonly error: string | null;
  readonly attempts: number;
  readonly compensationAttempts: number;
  /** By which the cloud recognises its call. */
  readonly token: string;
  /** When it was begun first, by the wall clock of the runner that began it. */
  readonly startedAt: Micros;
  /** When it was completed or failed, by the wall clock of the runner that executed it; 0 before. */
  readonly endedAt: Micros;
}

export interface Job {
  readonly id: string;
  readonly sagaId: string;
  readonly state: "available" | "executing" | "completed" | "discarded";
  /** How often a runner has begun it. */
  readonly attempt: number;
  /** From when on it may be claimed: also one that is executing, since its runner must have died by then. */
  readonly availableAt: Micros;
}

export interface LeaseRow {
  readonly sagaId: string;
  /** The runner's life that has it; null when nobody has. */
  readonly holder: string | null;
  readonly epoch: number;
  readonly since: Micros;
  readonly until: Micros;
}

/** Desired state of one resource. */
export interface Provisioned {
  readonly deploymentId: string;
  readonly resourceKind: string;
  readonly spec: Fields;
  readonly specVersion: number;
  readonly sagaId: string;
  /** The cloud's id. */
  readonly resource: string;
}

export const INPUTS = "__inputs__";

export const runKey = (sagaId: string): string => `run/${sagaId}`;
export const stepKey = (sagaId: string, idx: number): string => `step/${sagaId}/${idx}`;
export const stepsOf = (sagaId: string): string => `step/${sagaId}/`;
export const jobKey = (jobId: string): string => `job/${jobId}`;
export const leaseKey = (id: string): string => `lease/${id}`;
export const deploymentKey = (deploymentId: string): string => `deployment/${deploymentId}`;
export const provisionedKey = (deploymentId: string, resourceKind: string): string =>
  `provisioned/${deploymentId}/${resourceKind}`;

/** Rows are written as records of these types and come back as they were written. */
export const asRow = (record: object): Row => record as Row;
export const asRun = (row: Row): SagaRun => row as unknown as SagaRun;
export const asStep = (row: Row): StepResult => row as unknown as StepResult;
export const asJob = (row: Row): Job => row as unknown as Job;
export const asLease = (row: Row): LeaseRow => row as unknown as LeaseRow;
export const asProvisioned = (row: Row): Provisioned => row as unknown as Provisioned;

/** How far a run has got: by this a write tells whether the run is still as it was read. */
export function progressOf({ status, currentStepIdx, compensateIdx }: SagaRun): Row {
  return { status, currentStepIdx, compensateIdx };
}

export function isTerminal(status: SagaStatus): boolean {
  return status === "completed" || status === "rolled_back" || status === "failed";
}
