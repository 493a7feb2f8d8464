/**
 * What clients do, in the history: each call is recorded when it is made and its outcome when it is known.
 *
 * An outcome is `ok`, `fail` (it certainly did not happen) or `info` (nobody knows whether it happened, or will). A
 * client that claims more than it knows makes every property after it worthless: a time-out is always `info`.
 */
import { type Host, type Rpc, TIMED_OUT, type TimedOut } from "../sim/host.js";
import type { Json } from "../sim/plan.js";
import { type Micros, SECOND } from "../sim/time.js";

const PATIENCE: Micros = 2 * SECOND;

/** What a client asks for. */
export interface Call {
  /** Joins the call to its outcome; unique in a run. */
  readonly requestId: string;
  readonly operation: string;
  /** What it is about: an order, a register. Linearizability is judged for each key by itself. */
  readonly key: string;
  /** What it is asked with. */
  readonly value: Json;
}

/** Records a call; what it returns records the outcome. */
export function recordCall(host: Host, { requestId, operation, key, value }: Call): RecordOutcome {
  host.record({ kind: "client", phase: "call", requestId, operation, key, value });
  return (phase, outcome) =>
    host.record({ kind: "client", phase, requestId, operation, key, value: outcome });
}

/** Records what came of a call, once; never when the client dies before it knows. */
export type RecordOutcome = (phase: Answer["phase"], value: Json) => void;

/** What came of a call. */
export class Answer {
  private constructor(
    readonly phase: "ok" | "fail" | "info",
    readonly value: Json,
  ) {}

  static ok(value: Json = null): Answer {
    return new Answer("ok", value);
  }

  /** It certainly did not happen and never will: it was refused, or never sent. */
  static failed(value: Json = null): Answer {
    return new Answer("fail", value);
  }

  /** It may have happened, or may yet. */
  static unknown(value: Json = null): Answer {
    return new Answer("info", value);
  }
}

/** A client of the system under test, on one host. */
export class Client {
  readonly host: Host;
  #calls = 0;

  constructor(host: Host) {
    this.host = host;
  }

  /**
   * Records the call, makes the attempt, and records what came of it. An attempt gives an `Answer`; or else what it gives is
   * the value of an `ok`, and a time-out is unknown.
   *
   * @param call `requestId` has a default that is unique in the run; `value` is null when it is left out.
   */
  async operation<R extends Json | undefined>(
    operation: string,
    { key, value = null, requestId = this.#nextId() }: ClientCall,
    attempt: () => Promise<R | TimedOut | Answer>,
  ): Promise<Answer> {
    const record = recordCall(this.host, { requestId, operation, key, value });
    const reply = await attempt();
    const answer =
      reply instanceof Answer ? reply : reply === TIMED_OUT ? Answer.unknown() : Answer.ok(reply ?? null);
    record(answer.phase, answer.value);
    return answer;
  }

  /** Asks a host and waits for its reply; for 2 s when no time-out is given. */
  request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros = PATIENCE): Promise<R | TimedOut> {
    return this.host.request(rpc, to, body, timeout);
  }

  #nextId(): string {
    this.#calls += 1;
    return `${this.host.id}#${this.host.incarnation}/${this.#calls}`;
  }
}

/** A call whose name is given apart. */
export type ClientCall = Pick<Call, "key"> & Partial<Pick<Call, "requestId" | "value">>;
