/**
 * The API gateway: passes requests on to an instance of the order service, behind a breaker. The order service is all that stands behind
 * it, so it has one breaker; instances that fail are passed over by the registry's client, each by itself. With
 * `gatewayValidates` a malformed request is refused here, before it can count for the breaker or wait for an instance.
 *
 * An instance that does not answer in time may have acted on the request; requests may be repeated under the same id, so another
 * instance is asked. What could not be passed on at all is certainly not done, and a copy of it that the network delivers later gets the
 * same answer. A refusal that is about one try alone says nothing of a try before it that was not answered.
 */
import { type Host, type Micros, type Rpc, TIMED_OUT } from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import { Caller, NOBODY } from "./caller.js";
import { duration } from "./config.js";
import { GOALS } from "./goals.js";
import { complaintOf, type OrderRequest } from "./order.js";
import { breakerConfig, type Deployment } from "./service.js";
import { Answers, Tries, type Try } from "./tries.js";
import { CANCEL, type CancelReply, isOfOneTry, PLACE, type PlaceReply } from "./wire.js";

type Failed = { readonly status: "unavailable" } | { readonly status: "unknown" };

export class Gateway {
  readonly #host: Host;
  readonly #caller: Caller;
  readonly #breaker: CircuitBreaker;
  readonly #timeout: Micros;
  readonly #tries: number;
  readonly #validates: boolean;
  readonly #ownTries: Tries;
  readonly #placed: Answers<PlaceReply>;
  readonly #cancelled: Answers<CancelReply>;

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
    this.#validates = deployment.knobs.gatewayValidates;
    this.#ownTries = new Tries(host);
    this.#placed = new Answers<PlaceReply>(host, { status: "unknown" });
    this.#cancelled = new Answers<CancelReply>(host, { status: "unknown" });
  }

  start(): void {
    this.#host.onRequest(PLACE, (request, from) =>
      this.#placed.to(from, request, (order) => this.#place(order)),
    );
    this.#host.onRequest(CANCEL, (request, from) =>
      this.#cancelled.to(from, request, (order) => this.#pass(CANCEL, order)),
    );
  }

  #place(order: OrderRequest): PlaceReply | Promise<PlaceReply> {
    const complaint = this.#complaintOf(order);
    if (complaint === undefined) return this.#pass(PLACE, order);
    this.#host.reached(GOALS.refusedAtGateway);
    return { status: "refused", reason: "invalid", detail: complaint };
  }

  #complaintOf(request: OrderRequest): string | undefined {
    if (!this.#validates) return undefined;
    const complaint = complaintOf(request);
    return complaint !== "id" && this.#host.defect("gateway-checks-ids-alone") ? undefined : complaint;
  }

  async #pass<Q, R extends PlaceReply | CancelReply>(rpc: Rpc<Try<Q>, R>, request: Q): Promise<R | Failed> {
    let isUncertain = false;
    for (let n = 0; n < this.#tries; n++) {
      const admission = this.#breaker.admit();
      if (!admission.admitted) {
        this.#host.reached(GOALS.breakerOpen);
        break;
      }
      const reply = await this.#caller.ask("orders", rpc, this.#ownTries.next(request), this.#timeout);
      if (reply !== TIMED_OUT && reply !== NOBODY) {
        const isBlamed = reply.status === "refused" && this.#host.defect("refusal-counted-as-failure");
        admission.permit.report(isBlamed ? "failure" : "success");
        return isUncertain && isOfOneTry(reply) ? { status: "unknown" } : reply;
      }
      admission.permit.report("failure");
      if (reply === TIMED_OUT) isUncertain = true;
    }
    return { status: isUncertain ? "unknown" : "unavailable" };
  }
}
