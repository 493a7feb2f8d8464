/**
 * People at the machines: they bring in stock, load configurations, kill workers. Someone with bad intent sends webhooks that the
 * provider never signed. All of it stands outside of the failure model.
 */
import { type Host, type Json, type Micros, ms, type Operation, SECOND, TIMED_OUT } from "seedstorm";
import { Caller, NOBODY } from "./caller.js";
import type { Deployment } from "./service.js";
import { CONFIGURE, KILL_WORKER, RESTOCK, WEBHOOK } from "./wire.js";

const TIMEOUT: Micros = 2 * SECOND;
const PAUSE: Micros = ms(500);
const TRIES = 60;

export class Operator {
  readonly #host: Host;
  readonly #caller: Caller;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#caller = new Caller(host, deployment);
  }

  /** @param operations this host's part of the workload: `restock`, `configure`, `kill-worker` and `forge-webhook`. */
  start(operations: readonly Operation[]): void {
    for (const operation of operations) {
      this.#host.after(operation.at, () => {
        void this.#perform(operation);
      });
    }
  }

  async #perform({ action, body }: Operation): Promise<void> {
    const detail = body as { readonly [key: string]: Json };
    this.#host.record({ kind: "operator", operation: action, detail: action === "configure" ? {} : detail });
    const { host = "", pick = 0, toml = "" } = detail;
    switch (action) {
      case "restock":
        return this.#restock(detail as unknown as { id: string; sku: string; quantity: number }); // the workload's
      case "configure":
        await this.#host.request(CONFIGURE, String(host), { toml: String(toml) }, TIMEOUT);
        return;
      case "kill-worker":
        await this.#host.request(KILL_WORKER, String(host), { pick: Number(pick) }, TIMEOUT);
        return;
      case "forge-webhook": {
        const event = { id: "evt-0", type: "captured", order: detail.order ?? "", cents: 1 };
        const webhook = { body: JSON.stringify(event), signature: "0".repeat(64) };
        await this.#host.request(WEBHOOK, String(host), webhook, TIMEOUT);
      }
    }
  }

  /** A delivery has a number, so that it can be entered until that has worked. */
  async #restock(delivery: {
    readonly id: string;
    readonly sku: string;
    readonly quantity: number;
  }): Promise<void> {
    for (let n = 0; n < TRIES; n++) {
      const reply = await this.#caller.ask("inventory", RESTOCK, delivery, TIMEOUT);
      if (reply !== TIMED_OUT && reply !== NOBODY && reply.status === "done") return;
      await this.#host.sleep(PAUSE);
    }
  }
}
