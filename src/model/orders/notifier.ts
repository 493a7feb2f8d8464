/**
 * The subscriber that confirms: a mail to the customer of each completed order, once, however often it hears of it. An event is
 * taken only when the mail service has taken the mail.
 */

import { type Host, type Micros, SECOND, TIMED_OUT } from "seedstorm";
import { subscribeToEvents } from "./event-delivery.js";
import { MAIL } from "./external/mail.js";
import { GOALS } from "./goals.js";
import type { Deployment } from "./service.js";
import type { OrderEvent } from "./wire.js";

const MAIL_TIMEOUT: Micros = 2 * SECOND;

export class Notifier {
  readonly #host: Host;

  readonly #deployment: Deployment;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#deployment = deployment;
  }

  start(): void {
    subscribeToEvents(this.#host, this.#deployment, (event) => this.#take(event));
  }

  async #take({ order, state, customer }: OrderEvent): Promise<boolean> {
    const host = this.#host;
    if (state !== "completed" && !host.defect("confirmed-whatever")) return true;
    const token = host.defect("mail-token-fresh") ? `${order}/${host.random.uint32()}` : order;
    const reply = await host.call(MAIL, "send", token, { order, to: customer }, MAIL_TIMEOUT);
    if (reply === TIMED_OUT || !reply.ok) return false;
    host.reached(GOALS.confirmed);
    return true;
  }
}
