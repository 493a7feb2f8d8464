/**
 * The engine's front: starts and cancels runs, lists them and their steps, for customers and operators.
 *
 * A run comes into being together with its job, in one transaction. Callers choose the ids of runs, so that a
 * start that is asked for again is answered as the first time. What the database did not answer is unknown,
 * and said to be.
 */
import { type Host, TIMED_OUT } from "seedstorm";
import { DatabaseClient } from "./database-client.js";
import { GOALS } from "./goals.js";
import type { SagaKnobs } from "./knobs.js";
import { asRun, asStep, type SagaRun, stepsOf } from "./records.js";
import { insertJob, insertRun, reEnqueue, requestCancel } from "./sagas.js";
import { template } from "./steps/registry.js";
import type { Row, Scan } from "./table.js";
import { Version } from "./version.js";
import {
  CANCEL_SAGA,
  type CancelReply,
  DEPLOY,
  LIST_DRIFT,
  LIST_SAGAS,
  LIST_STEP_RESULTS,
  type Listed,
  RE_ENQUEUE,
  type SagaFilter,
  START_SAGA,
  type StartReply,
  type StartRequest,
} from "./wire.js";

const UNKNOWN = { status: "unknown" } as const;

export class Api {
  readonly #host: Host;
  readonly #database: DatabaseClient;
  readonly #version: Version;

  constructor(host: Host, knobs: SagaKnobs, database: string) {
    this.#host = host;
    this.#database = new DatabaseClient(host, database, knobs);
    this.#version = new Version(host, knobs.version);
  }

  async start(): Promise<void> {
    await this.#version.recover();
    const host = this.#host;
    host.onRequest(START_SAGA, (request) => this.#startSaga(request));
    host.onRequest(CANCEL_SAGA, ({ sagaId }) => this.#cancelSaga(sagaId));
    host.onRequest(LIST_SAGAS, (filter) => this.#listSagas(filter));
    host.onRequest(LIST_STEP_RESULTS, ({ sagaId }) => this.#list({ prefix: stepsOf(sagaId) }, byIndex));
    host.onRequest(LIST_DRIFT, () => this.#list({ prefix: "drift/" }, asItIs));
    host.onRequest(RE_ENQUEUE, async ({ sagaId, jobId }) => {
      const reply = await this.#database.transact(reEnqueue(sagaId, jobId));
      if (reply === TIMED_OUT || reply.status === "full") return UNKNOWN;
      return { status: reply.status === "committed" ? "done" : "refused" };
    });
    host.onRequest(DEPLOY, async ({ version }) => {
      await this.#version.deploy(version);
      return { status: "done" };
    });
  }

  async #startSaga(request: StartRequest): Promise<StartReply> {
    const { sagaId, kind, after } = request;
    const stepModules = request.stepModules ?? template(kind, this.#version.number);
    const run = insertRun(request, stepModules);
    const job = insertJob(sagaId, sagaId);
    for (const statements of this.#host.defect("AW1") ? [run, job] : [[...run, ...job]]) {
      const reply = await this.#database.transact(statements);
      if (reply === TIMED_OUT || reply.status === "full") return UNKNOWN;
      if (reply.status === "committed") continue;
      if (reply.statement === 0) {
        this.#host.reached(GOALS.startReplayed);
        return { status: "started" };
      }
      if (after !== undefined) return { status: "refused", reason: "not-failed" };
      this.#host.reached(GOALS.deploymentBusy);
      return { status: "refused", reason: "deployment-busy" };
    }
    return { status: "started" };
  }

  async #cancelSaga(sagaId: string): Promise<CancelReply> {
    const reply = await this.#database.transact(requestCancel(sagaId));
    if (reply === TIMED_OUT || reply.status === "full") return UNKNOWN;
    if (reply.status === "committed") return { status: "requested" };
    if (reply.row === null) return { status: "refused", reason: "no-such-saga" };
    this.#host.reached(GOALS.cancelTooLate);
    return { status: "too-late", run: asRun(reply.row).status };
  }

  async #listSagas({ limit, ...where }: SagaFilter): Promise<Listed<SagaRun>> {
    const listed = await this.#list({ prefix: "run/", where }, newestFirst);
    return listed.status === "ok" ? { status: "ok", items: listed.items.slice(0, limit) } : listed;
  }

  async #list<T>(scan: Scan, read: (rows: readonly Row[]) => readonly T[]): Promise<Listed<T>> {
    const reply = await this.#database.query({ scans: [scan] });
    return reply === TIMED_OUT ? UNKNOWN : { status: "ok", items: read(reply.rows.map(([, row]) => row)) };
  }
}

const newestFirst = (rows: readonly Row[]): SagaRun[] =>
  rows.map(asRun).sort((a, b) => b.insertedAt - a.insertedAt);
const byIndex = (rows: readonly Row[]) => rows.map(asStep).sort((a, b) => a.stepIdx - b.stepIdx);
const asItIs = (rows: readonly Row[]): readonly Row[] => rows;
