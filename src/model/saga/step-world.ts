/**
 * How steps reach the cloud: with time-outs, a few tries under one token, and an answer to what became of it.
 *
 * What the cloud refuses for a reason of its own was not carried out. A call that timed out may have been, or
 * may yet be; and so may one that was turned away, since the network can double a call and the other copy may
 * have been let in. When the tries are used up the cloud is asked by token. If it says that it has applied
 * the call, that is as good as an answer; that it has not proves nothing, since the call may still be on its
 * way. The lease is confirmed before each call.
 */
import {
  type ExternalError,
  type ExternalReply,
  HOUR,
  type Host,
  type Json,
  TIMED_OUT,
  type TimedOut,
} from "seedstorm";
import { CLOUD } from "./cloud.js";
import type { DatabaseClient } from "./database-client.js";
import { GOALS } from "./goals.js";
import { backoff, type SagaKnobs } from "./knobs.js";
import type { Lease } from "./lease.js";
import { asProvisioned, type Provisioned, provisionedKey } from "./records.js";
import type { CompensationOutcome, SagaState, StepOutcome, StepWorld } from "./step.js";

/** The run is another runner's now: whatever this one was about to do, it must not. */
export class LeaseLost extends Error {
  override readonly name = "LeaseLost";
}

/** The cloud's way to say that it did not look at a call. */
const UNAVAILABLE = "service unavailable";
const TOO_EARLY = 425;
const TOO_MANY = 429;
const REQUEST_TIMEOUT = 408;

/** Whether another try would get the same answer: the cloud has looked at the call and refuses it. */
function isFinal({ error, status, unknown }: ExternalError): boolean {
  if (unknown === true || error === UNAVAILABLE) return false;
  return status === undefined || (status < 500 && ![REQUEST_TIMEOUT, TOO_EARLY, TOO_MANY].includes(status));
}

type Failure = Extract<StepOutcome, { readonly ok: false }>;

export class RunnerWorld implements StepWorld {
  readonly #host: Host;
  readonly #knobs: SagaKnobs;
  readonly #database: DatabaseClient;
  readonly #lease: Lease;

  constructor(host: Host, knobs: SagaKnobs, database: DatabaseClient, lease: Lease) {
    this.#host = host;
    this.#knobs = knobs;
    this.#database = database;
    this.#lease = lease;
  }

  async effect(
    operation: string,
    { token, attempt }: SagaState,
    body: Json,
  ): Promise<{ readonly ok: true; readonly value: Json } | Failure> {
    const { callTries, callPause } = this.#knobs;
    // An earlier execution may have called, too, and died before it heard the answer.
    let ambiguous = attempt > 1;
    let error = UNAVAILABLE;
    for (let tries = 1; tries <= callTries; tries++) {
      const reply = await this.#call(operation, token, body);
      if (reply !== TIMED_OUT && reply.ok) return { ok: true, value: reply.value };
      error = reply === TIMED_OUT ? "timed out" : reply.error;
      if (reply !== TIMED_OUT && isFinal(reply)) return { ok: false, error, ambiguous };
      ambiguous = true;
      const wait = reply === TIMED_OUT ? 0 : (reply.retryAfter ?? 0);
      if (tries < callTries) await this.#host.sleep(Math.max(wait, backoff(callPause, tries)));
    }
    if (this.#host.defect("unanswered-call-counts-as-applied")) return { ok: true, value: {} };
    const found = await this.#call("find", token, {});
    if (found === TIMED_OUT || !found.ok) return { ok: false, error, ambiguous };
    const { state, value } = found.value as { readonly state: string; readonly value: Json }; // what `find` answers
    if (state !== "applied") return { ok: false, error, ambiguous };
    this.#host.reached(GOALS.foundApplied);
    return { ok: true, value };
  }

  async revert(token: string, of: string, force: boolean): Promise<CompensationOutcome> {
    const reply = await this.#call("revert", token, { of, force });
    if (reply === TIMED_OUT) return { ok: false, error: "timed out", final: false };
    if (reply.ok) return { ok: true };
    return { ok: false, error: reply.error, final: isFinal(reply) };
  }

  async desired(deploymentId: string, resourceKind: string): Promise<Provisioned | undefined> {
    const query = { keys: [provisionedKey(deploymentId, resourceKind)] };
    const reply = await this.#database.queryWhile(query, () => !this.#lease.lost);
    if (reply === undefined) throw new LeaseLost();
    const found = reply.rows[0];
    return found === undefined ? undefined : asProvisioned(found[1]);
  }

  async #call(operation: string, token: string, body: Json): Promise<ExternalReply<Json> | TimedOut> {
    if (!(await this.#lease.confirm())) throw new LeaseLost();
    const timeout = this.#host.defect("AW11") ? HOUR : this.#knobs.callTimeout;
    return this.#host.call<Json>(CLOUD, operation, token, body, timeout);
  }
}
