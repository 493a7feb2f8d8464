/**
 * The API gateway: passes requests on to an instance of the order service, behind a breaker.
 *
 * An instance that does not answer in time may have acted on the request; requests may be repeated under the same id, so another
 * instance is asked. What could not be passed on at all is certainly not done.
 */
import { type Host, type Micros, type Rpc, TIMED_OUT } from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import { Caller, NOBODY } from "./caller.js";
import { duration } from "./config.js";
import { GOALS } from "./goals.js";
import { breakerConfig, type Deployment } from "./service.js";
import { CANCEL, PLACE } from "./wire.js";

type Failed = { readonly status: "unavailable" } | { readonly status: "unknown" };

export class Gateway {
  readonly #host: Host;
  readonly #caller: Caller;
  readonly #breaker: CircuitBreaker;
  readonly #timeout: Micros;
  readonly #tries: number;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#caller = new Caller(host, deployment);
    const { gateway } = deployment.config.services;
    this.#breaker = new CircuitBreaker(
      host,
      breakerConfig("order-service", gateway.circuit_breaker, deployment.knobs),
    );
    this.#timeout = duration(gateway.request_timeout);
    this.#tries = gateway.tries;
  }

  start(): void {
    this.#host.onRequest(PLACE, (request) => this.#pass(PLACE, request));
    this.#host.onRequest(CANCEL, (request) => this.#pass(CANCEL, request));
  }

  async #pass<Q, R extends { readonly status: string }>(rpc: Rpc<Q, R>, request: Q): Promise<R | Failed> {
    let isUncertain = false;
    for (let n = 0; n < this.#tries; n++) {
      const admission = this.#breaker.admit();
      if (!admission.admitted) {
        this.#host.reached(GOALS.breakerOpen);
        break;
      }
      const reply = await this.#caller.ask("orders", rpc, request, this.#timeout);
      if (reply !== TIMED_OUT && reply !== NOBODY) {
        const isBlamed = reply.status === "refused" && this.#host.defect("refusal-counted-as-failure");
        admission.permit.report(isBlamed ? "failure" : "success");
        return reply;
      }
      admission.permit.report("failure");
      if (reply === TIMED_OUT) isUncertain = true;
    }
    return { status: isUncertain ? "unknown" : "unavailable" };
  }
}
