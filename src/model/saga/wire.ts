/**
 * What machines of the saga engine ask each other. A request that finds no answer in time may have been acted
 * on.
 */
import { type Json, type Micros, rpc } from "seedstorm";
import type { Fields, SagaKind, SagaRun, SagaStatus, StepResult } from "./records.js";
import type { KeyedRow, Row, Scan, Statement } from "./table.js";

export type TransactReply =
  | { readonly status: "committed" }
  /** Nothing was written: this statement found its row otherwise. */
  | { readonly status: "refused"; readonly statement: number; readonly row: Row | null }
  /** Nothing was written: there is no room. */
  | { readonly status: "full" };

export interface Query {
  readonly keys?: readonly string[];
  readonly scans?: readonly Scan[];
}

export interface QueryReply {
  /** Rows that there are, those of the keys first. */
  readonly rows: readonly KeyedRow[];
  /** The database's time. */
  readonly now: Micros;
}

/** Carries statements out, together or not at all, and answers once they are durable. */
export const TRANSACT = rpc<readonly Statement[], TransactReply>("database/transact");
/** Reads what is durable, all of it as of one moment. */
export const QUERY = rpc<Query, QueryReply>("database/query");

export interface StartRequest {
  /** Chosen by the caller, so that it can ask again. */
  readonly sagaId: string;
  readonly kind: SagaKind;
  /** Left out for the template of the kind. */
  readonly stepModules?: readonly string[];
  readonly inputs: Fields;
  readonly deploymentId: string | null;
  readonly triggeredBy: string;
  /** For a rollback: the failed run whose deployment it takes over. */
  readonly after?: string;
}

export type StartReply =
  | { readonly status: "started" }
  | { readonly status: "refused"; readonly reason: "deployment-busy" | "not-failed" }
  | { readonly status: "unknown" };

export type CancelReply =
  | { readonly status: "requested" }
  /** It had ended, or was being compensated already. */
  | { readonly status: "too-late"; readonly run: SagaStatus }
  | { readonly status: "refused"; readonly reason: "no-such-saga" }
  | { readonly status: "unknown" };

export interface SagaFilter {
  readonly status?: SagaStatus;
  readonly kind?: SagaKind;
  readonly deploymentId?: string;
  readonly limit?: number;
}

export type Listed<T> =
  | { readonly status: "ok"; readonly items: readonly T[] }
  | { readonly status: "unknown" };

export const START_SAGA = rpc<StartRequest, StartReply>("sagas/start");
export const CANCEL_SAGA = rpc<{ readonly sagaId: string }, CancelReply>("sagas/cancel");
/** Newest first. */
export const LIST_SAGAS = rpc<SagaFilter, Listed<SagaRun>>("sagas/list");
/** In the order of steps. */
export const LIST_STEP_RESULTS = rpc<{ readonly sagaId: string }, Listed<StepResult>>(
  "sagas/list-step-results",
);
/** What differs between desired and actual resources. */
export const LIST_DRIFT = rpc<null, Listed<{ readonly [field: string]: Json }>>("sagas/list-drift");
/** Enqueues one more job for a run, by hand. */
export const RE_ENQUEUE = rpc<
  { readonly sagaId: string; readonly jobId: string },
  { readonly status: "done" | "refused" | "unknown" }
>("sagas/re-enqueue");
/** A host goes on with another version of the code. */
export const DEPLOY = rpc<{ readonly version: number }, { readonly status: "done" }>("host/deploy");
