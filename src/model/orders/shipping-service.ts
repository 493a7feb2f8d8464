/**
 * The shipping service: has labels made and voided by carriers, each behind a breaker of its own.
 *
 * A label has one token for each order and carrier: asked again, a carrier gives the same one. A carrier that says how long to wait is not
 * asked before, by nobody on this host. Which carrier is asked, and when another one may be, is decided by whoever has the order.
 */
import { type Host, MILLISECOND, type Micros, TIMED_OUT } from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import { duration } from "./config.js";
import { CARRIERS } from "./external/carrier.js";
import { GOALS } from "./goals.js";
import { breakerConfig, type Deployment, register, ServiceHost } from "./service.js";
import { Answers } from "./tries.js";
import { CREATE_LABEL, type LabelReply, type LabelRequest, VOID_LABEL } from "./wire.js";

interface Task extends LabelRequest {
  readonly operation: "create-label" | "void-label";
}

const BUSY: LabelReply = { status: "later", after: 200 * MILLISECOND };
const REFUSALS = new Set(["not-served", "spent"]);

export class ShippingService {
  readonly #host: Host;
  readonly #deployment: Deployment;
  readonly #breakers: ReadonlyMap<string, CircuitBreaker>;
  readonly #timeout: Micros;
  readonly #answers: Answers<LabelReply>;
  /** By the monotonic clock: carriers that have asked for peace until then. */
  readonly #pausedUntil = new Map<string, Micros>();

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#deployment = deployment;
    const { circuit_breaker } = deployment.config.services.shipping;
    this.#breakers = new Map(
      CARRIERS.map((carrier) => [
        carrier,
        new CircuitBreaker(host, breakerConfig(carrier, circuit_breaker, deployment.knobs)),
      ]),
    );
    this.#timeout = duration(circuit_breaker.request_timeout);
    this.#answers = new Answers<LabelReply>(host, { status: "failed" });
  }

  start(): void {
    const workers = new ServiceHost<Task, LabelReply>(
      this.#host,
      this.#deployment,
      "shipping-actors",
      this.#deployment.config.services.shipping.pool,
      ({ host, whileAlive }) => ({ onCall: (task) => whileAlive(this.#perform(host, task)) }),
      2 * this.#timeout,
    );
    const work = async (task: Task): Promise<LabelReply> => {
      const done = await workers.work(task);
      if (done.ok) return done.value;
      return done.error === "busy" ? BUSY : { status: "failed" };
    };
    this.#host.onRequest(CREATE_LABEL, (request, from) =>
      this.#answers.to(from, request, (label) => work({ ...label, operation: "create-label" })),
    );
    this.#host.onRequest(VOID_LABEL, (request, from) =>
      this.#answers.to(from, request, (label) => work({ ...label, operation: "void-label" })),
    );
    register(this.#host, this.#deployment, "shipping");
  }

  async #perform(host: Host, { operation, order, token, carrier, address }: Task): Promise<LabelReply> {
    const breaker = this.#breakers.get(carrier);
    if (breaker === undefined) return { status: "refused", reason: "no-such-carrier" };
    const wait = (this.#pausedUntil.get(carrier) ?? 0) - host.clock.monotonic();
    if (wait > 0) return { status: "must-wait", after: wait };
    const admission = breaker.admit();
    if (!admission.admitted) {
      host.reached(GOALS.breakerOpen);
      return { status: "later", after: admission.retryAfter };
    }
    const reply = await host.call<{ readonly label: string }>(
      carrier,
      operation,
      host.defect("label-token-fresh") ? `${token}/${host.random.uint32()}` : token,
      { order, address },
      this.#timeout,
    );
    if (reply === TIMED_OUT) {
      admission.permit.report("failure");
      return { status: "failed" };
    }
    if (reply.ok) {
      admission.permit.report("success");
      return operation === "create-label" ? { status: "made", label: reply.value.label } : { status: "done" };
    }
    const { error, retryAfter } = reply;
    const isRefusal = REFUSALS.has(error);
    admission.permit.report(isRefusal || retryAfter !== undefined ? "decline" : "failure");
    if (reply.unknown === true) return { status: "failed" };
    if (isRefusal) return { status: "refused", reason: error };
    // A carrier that is out of order, or has too much to do, has certainly done nothing.
    if (retryAfter === undefined) return { status: "later", after: this.#timeout };
    host.reached(GOALS.carrierWaits);
    if (!host.defect("carrier-wait-ignored")) {
      this.#pausedUntil.set(carrier, host.clock.monotonic() + retryAfter);
    }
    return { status: "must-wait", after: retryAfter };
  }
}
