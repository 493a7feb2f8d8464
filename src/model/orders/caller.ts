/**
 * How one service asks another: an instance is chosen by way of the registry, asked once, and the outcome is
 * reported to the balancer. Nothing is asked twice here: only the caller knows whether a request may be
 * repeated.
 */
import { type Host, type Micros, type Rpc, TIMED_OUT, type TimedOut } from "seedstorm";
import type { Resolver } from "../actors/registry/api.js";
import { RegistryClient } from "../actors/registry/client.js";
import { type Deployment, registryConfig } from "./service.js";

/** No instance is known: certainly nobody was asked. */
export const NOBODY = "nobody";
export type Nobody = typeof NOBODY;

export class Caller {
  readonly #host: Host;
  readonly #resolver: Resolver;
  readonly #deployment: Deployment;

  constructor(host: Host, deployment: Deployment) {
    this.#host = host;
    this.#deployment = deployment;
    this.#resolver = new RegistryClient(host, registryConfig(deployment), {
      detail: deployment.knobs.lean ? "lean" : "full",
    });
  }

  async ask<Q, R>(service: string, rpc: Rpc<Q, R>, body: Q, timeout: Micros): Promise<R | TimedOut | Nobody> {
    const { balancing, max_instances } = this.#deployment.config.services.registry;
    const routing = await this.#resolver.route({
      service,
      capabilities: { env: "production" },
      maxInstances: max_instances,
      balancing,
    });
    if (!routing.ok) return NOBODY;
    const { route } = routing;
    const reply = await this.#host.request(rpc, route.host, body, timeout);
    route.done(reply === TIMED_OUT ? "failure" : "success");
    return reply;
  }
}
