/**
 * What delivers the payment provider's webhooks: late, now and then twice, out of order, and again until they are taken.
 */
import { draw, type Host, type Micros, ms, SECOND, tableOf } from "seedstorm";
import type { PaymentEvent, PaymentProvider } from "./external/payment-provider.js";
import { webhookSignature } from "./payment-service.js";
import { WEBHOOK } from "./wire.js";

const LOOK_INTERVAL: Micros = ms(100);
const TIMEOUT: Micros = 3 * SECOND;
const TRIES = 8;
const TWICE = 0.2;
/** Half of them within 1.2 s, one in ten after more than 4 s. */
const DELAY = tableOf(
  [
    [0, 50_000],
    [0.5, 1_200_000],
    [0.9, 4_000_000],
    [1, 10_000_000],
  ],
  1,
);

export class WebhookSender {
  readonly #host: Host;
  readonly #provider: PaymentProvider;
  readonly #receivers: readonly string[];

  constructor(host: Host, provider: PaymentProvider, receivers: readonly string[]) {
    this.#host = host;
    this.#provider = provider;
    this.#receivers = receivers;
  }

  async start(): Promise<void> {
    for (;;) {
      await this.#host.sleep(LOOK_INTERVAL);
      for (const event of this.#provider.takeEvents()) {
        void this.#deliver(event);
        if (this.#host.random.chance(TWICE)) void this.#deliver(event);
      }
    }
  }

  async #deliver(event: PaymentEvent): Promise<void> {
    const { random } = this.#host;
    const body = JSON.stringify(event);
    const webhook = { body, signature: webhookSignature(body) };
    for (let n = 1; n <= TRIES; n++) {
      await this.#host.sleep(draw(DELAY, random) * n);
      const receiver = random.pick(this.#receivers);
      if ((await this.#host.request(WEBHOOK, receiver, webhook, TIMEOUT)) === true) return;
    }
  }
}
