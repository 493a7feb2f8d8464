/**
 * A customer: starts runs, cancels some of them, and looks at what has become of them. Stands outside of the
 * failure model.
 *
 * A start or a cancel that got no answer is asked for again, under the same id; in the end it may remain
 * unknown.
 */
import { type Host, type Json, millis, type Operation, TIMED_OUT, type TimedOut } from "seedstorm";
import type { SagaKnobs } from "./knobs.js";
import {
  CANCEL_SAGA,
  LIST_SAGAS,
  LIST_STEP_RESULTS,
  type SagaFilter,
  START_SAGA,
  type StartRequest,
} from "./wire.js";

const PAUSE = millis(400);

interface Outcome {
  readonly phase: "ok" | "fail" | "info";
  readonly value: Json;
}

const UNKNOWN: Outcome = { phase: "info", value: null };

export class Customer {
  readonly #host: Host;
  readonly #knobs: SagaKnobs;
  readonly #api: string;

  constructor(host: Host, knobs: SagaKnobs, api: string) {
    this.#host = host;
    this.#knobs = knobs;
    this.#api = api;
  }

  /** @param operations this host's part of the workload: `start`, `cancel`, `list` and `list-steps`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#perform(operation);
      });
    }
  }

  async #perform({ id, action, body }: Operation): Promise<void> {
    const request = body as { readonly sagaId?: string }; // every verb but `list` names one
    const key = request.sagaId ?? "";
    this.#record("call", id, action, key, body);
    const { phase, value } = await this.#outcome(action, body);
    this.#record(phase, id, action, key, value);
  }

  #outcome(action: string, body: Json): Promise<Outcome> {
    const { clientTimeout } = this.#knobs;
    const host = this.#host;
    const sagaId = body as unknown as { readonly sagaId: string }; // what a workload of this system holds for the verb
    switch (action) {
      case "start":
        return this.#insist(
          () => host.request(START_SAGA, this.#api, body as unknown as StartRequest, clientTimeout), // as above
          (reply) =>
            reply.status === "refused"
              ? fail(reply.reason)
              : reply.status === "started"
                ? ok(null)
                : undefined,
        );
      case "cancel":
        return this.#insist(
          () => host.request(CANCEL_SAGA, this.#api, sagaId, clientTimeout),
          (reply) => {
            if (reply.status === "requested") return ok(null);
            if (reply.status === "too-late") return fail(`too late: ${reply.run}`);
            return reply.status === "refused" ? fail(reply.reason) : undefined;
          },
        );
      case "list":
        return this.#insist(
          () => host.request(LIST_SAGAS, this.#api, body as SagaFilter, clientTimeout), // as above
          (reply) => (reply.status === "ok" ? ok(reply.items as unknown as Json) : undefined), // rows are plain data
        );
      default:
        return this.#insist(
          () => host.request(LIST_STEP_RESULTS, this.#api, sagaId, clientTimeout),
          (reply) => (reply.status === "ok" ? ok(reply.items as unknown as Json) : undefined), // as above
        );
    }
  }

  async #insist<R extends object>(
    ask: () => Promise<R | TimedOut>,
    outcomeOf: (reply: R) => Outcome | undefined,
  ): Promise<Outcome> {
    for (let tries = 0; tries < this.#knobs.clientTries; tries++) {
      if (tries > 0) await this.#host.sleep(PAUSE);
      const reply = await ask();
      const outcome = reply === TIMED_OUT ? undefined : outcomeOf(reply);
      if (outcome !== undefined) return outcome;
    }
    return UNKNOWN;
  }

  #record(
    phase: "call" | "ok" | "fail" | "info",
    requestId: string,
    operation: string,
    key: string,
    value: Json,
  ): void {
    this.#host.record({ kind: "client", phase, requestId, operation, key, value });
  }
}

function ok(value: Json): Outcome {
  return { phase: "ok", value };
}

function fail(reason: string): Outcome {
  return { phase: "fail", value: { reason } };
}
