/**
 * A customer: starts runs, cancels some of them, and looks at what has become of them. Stands outside of the
 * failure model.
 *
 * A start or a cancel that got no answer is asked for again, under the same id; in the end it may remain
 * unknown.
 */
import {
  Answer,
  Client,
  type Host,
  type Json,
  ms,
  type Operation,
  TIMED_OUT,
  type TimedOut,
} from "seedstorm";
import type { SagaKnobs } from "./knobs.js";
import {
  CANCEL_SAGA,
  LIST_SAGAS,
  LIST_STEP_RESULTS,
  type SagaFilter,
  START_SAGA,
  type StartRequest,
} from "./wire.js";

const PAUSE = ms(400);

export class Customer {
  readonly #host: Host;
  readonly #client: Client;
  readonly #knobs: SagaKnobs;
  readonly #api: string;

  constructor(host: Host, knobs: SagaKnobs, api: string) {
    this.#host = host;
    this.#client = new Client(host);
    this.#knobs = knobs;
    this.#api = api;
  }

  /** @param operations this host's part of the workload: `start`, `cancel`, `list` and `list-steps`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#carryOut(operation);
      });
    }
  }

  async #carryOut({ id, action, body }: Operation): Promise<void> {
    const request = body as { readonly sagaId?: string }; // every verb but `list` names one
    const key = request.sagaId ?? "";
    const call = { requestId: id, key, value: body };
    await this.#client.operation(action, call, () => this.#answer(action, body));
  }

  #answer(action: string, body: Json): Promise<Answer> {
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
                ? Answer.ok()
                : undefined,
        );
      case "cancel":
        return this.#insist(
          () => host.request(CANCEL_SAGA, this.#api, sagaId, clientTimeout),
          (reply) => {
            if (reply.status === "requested") return Answer.ok();
            if (reply.status === "too-late") return fail(`too late: ${reply.run}`);
            return reply.status === "refused" ? fail(reply.reason) : undefined;
          },
        );
      case "list":
        return this.#insist(
          () => host.request(LIST_SAGAS, this.#api, body as SagaFilter, clientTimeout), // as above
          (reply) => (reply.status === "ok" ? Answer.ok(reply.items as unknown as Json) : undefined), // rows are plain data
        );
      default:
        return this.#insist(
          () => host.request(LIST_STEP_RESULTS, this.#api, sagaId, clientTimeout),
          (reply) => (reply.status === "ok" ? Answer.ok(reply.items as unknown as Json) : undefined), // as above
        );
    }
  }

  async #insist<R extends object>(
    ask: () => Promise<R | TimedOut>,
    answerOf: (reply: R) => Answer | undefined,
  ): Promise<Answer> {
    for (let tries = 0; tries < this.#knobs.clientTries; tries++) {
      if (tries > 0) await this.#host.sleep(PAUSE);
      const reply = await ask();
      const answer = reply === TIMED_OUT ? undefined : answerOf(reply);
      if (answer !== undefined) return answer;
    }
    return Answer.unknown();
  }
}

function fail(reason: string): Answer {
  return Answer.failed({ reason });
}
