/**
 * One runner's dealings with one run, under one lease: what it knows of the run, and how it writes.
 *
 * Every write is a transaction that begins with a check of the lease and states what the run's row was when
 * it was last read. When the database refuses, or nobody knows whether it did, the run is read again, and the
 * walk goes on from what is durable: there is no other memory of how far a run has got.
 */
import { type Host, TIMED_OUT } from "seedstorm";
import { invariant } from "../invariant.js";
import type { DatabaseClient } from "./database-client.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import type { Lease } from "./lease.js";
import {
  asRow,
  asRun,
  asStep,
  deploymentKey,
  type Fields,
  INPUTS,
  isTerminal,
  type Job,
  jobKey,
  progressOf,
  provisionedKey,
  runKey,
  type SagaRun,
  type StepResult,
  stepsOf,
} from "./records.js";
import type { DesiredChange, SagaState, Step, StepWorld } from "./step.js";
import { LeaseLost, RunnerWorld } from "./step-world.js";
import { resolve } from "./steps/registry.js";
import type { KeyedRow, Statement } from "./table.js";

/** What a runner read of a run when it claimed it. */
export interface RunRows {
  readonly run: SagaRun;
  readonly steps: ReadonlyMap<number, StepResult>;
}

export function runRowsOf(sagaId: string, rows: readonly KeyedRow[]): RunRows | undefined {
  const steps = new Map<number, StepResult>();
  let run: SagaRun | undefined;
  for (const [key, row] of rows) {
    if (key === runKey(sagaId)) run = asRun(row);
    else if (key.startsWith(stepsOf(sagaId))) steps.set(asStep(row).stepIdx, asStep(row));
  }
  return run === undefined ? undefined : { run, steps };
}

export class Session {
  readonly host: Host;
  readonly knobs: SagaKnobs;
  readonly lease: Lease;
  readonly world: StepWorld;
  /** As it was last read or written. */
  run: SagaRun;
  steps: ReadonlyMap<number, StepResult>;
  /** The version of the code: modules are looked up in it. */
  readonly #version: number;
  readonly #database: DatabaseClient;
  readonly #job: Job;

  constructor(
    host: Host,
    knobs: SagaKnobs,
    database: DatabaseClient,
    version: number,
    lease: Lease,
    job: Job,
    rows: RunRows,
  ) {
    this.host = host;
    this.knobs = knobs;
    this.lease = lease;
    this.#database = database;
    this.#version = version;
    this.#job = job;
    this.run = rows.run;
    this.steps = rows.steps;
    this.world = new RunnerWorld(host, knobs, database, lease);
  }

  /** The step at an index of the run; undefined when this version doesn't know its module. */
  stepAt(idx: number): Step | undefined {
    return resolve(this.host, this.#version, this.run.stepModules[idx] ?? "");
  }

  stateAt(idx: number, token: string, attempt: number): SagaState {
    const { id, context, deploymentId } = this.run;
    const inputs = (context[INPUTS] ?? {}) as Fields; // as the run was started with
    return { sagaId: id, stepIdx: idx, deploymentId, inputs, context, token, attempt };
  }

  /**
   * An update of the run's row, provided that it is as this session knows it, and as `where` says besides.
   */
  update(set: Partial<SagaRun>, where: Partial<SagaRun> = {}): Statement {
    return {
      do: "update",
      key: runKey(this.run.id),
      where: { ...progressOf(this.run), ...asRow(where) },
      set: asRow({ ...set, leaseEpoch: this.lease.epoch }),
    };
  }

  desired(changes: readonly DesiredChange[] = []): Statement[] {
    const { deploymentId } = this.run;
    return changes.map(({ resourceKind, desired }) => {
      const key = provisionedKey(deploymentId ?? "", resourceKind);
      return desired === null ? { do: "remove", key } : { do: "put", key, row: asRow(desired) };
    });
  }

  /**
   * What goes with the run's end: its job is done, its lease is free, and so is its deployment unless a human
   * has to see to it.
   */
  ending(status: "completed" | "rolled_back" | "failed"): Statement[] {
    invariant(!isTerminal(this.run.status), "a run ends once");
    const { deploymentId } = this.run;
    const frees = deploymentId !== null && status !== "failed";
    return [
      ...this.jobDone(),
      ...(frees ? [{ do: "remove", key: deploymentKey(deploymentId) } as const] : []),
    ];
  }

  jobDone(): Statement[] {
    return [{ do: "update", key: jobKey(this.#job.id), set: { state: "completed" } }, this.lease.release()];
  }

  /** The job is open to every runner again, after so long. It was no attempt. */
  handingBack(after: number): Statement[] {
    const set = { state: "available", attempt: this.#job.attempt - 1 };
    return [
      { do: "update", key: jobKey(this.#job.id), set, stamps: { availableAt: after } },
      this.lease.release(),
    ];
  }

  /**
   * Carries statements out under the lease. False: not as far as is known, and the run was read again.
   *
   * @throws LeaseLost
   */
  async commit(statements: readonly Statement[]): Promise<boolean> {
    for (;;) {
      if (this.lease.lost) throw new LeaseLost();
      const reply = await this.#database.transact([this.lease.check(), ...statements]);
      if (reply !== TIMED_OUT) {
        if (reply.status === "committed") return true;
        if (reply.status === "refused") {
          if (reply.statement === 0) {
            if (reply.row?.holder != null) this.host.reached(GOALS.fenced);
            throw new LeaseLost();
          }
          await this.reload();
          return false;
        }
      }
      await this.host.sleep(this.knobs.databaseRetry);
    }
  }

  /** What was committed is known now. */
  know(changes: Partial<SagaRun>, step?: StepResult): void {
    this.run = { ...this.run, ...changes };
    if (step !== undefined) this.steps = new Map(this.steps).set(step.stepIdx, step);
  }

  /** @throws LeaseLost */
  async reload(): Promise<void> {
    const { id } = this.run;
    const query = { keys: [runKey(id)], scans: [{ prefix: stepsOf(id) }] };
    const reply = await this.#database.queryWhile(query, () => !this.lease.lost);
    const rows = reply === undefined ? undefined : runRowsOf(id, reply.rows);
    if (rows === undefined) throw new LeaseLost();
    this.run = rows.run;
    this.steps = rows.steps;
  }
}
