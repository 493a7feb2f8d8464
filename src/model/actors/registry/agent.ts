/** Announces the instances of one host to all registries, and answers when their health is checked. */
import type { Host } from "seedstorm";
import type { Agent, Registration, RegistryConfig } from "./api.js";
import { checkRegistry } from "./config.js";
import { ANNOUNCE, CHECK, DEREGISTER } from "./protocol.js";

export class RegistryAgent implements Agent {
  readonly #host: Host;
  readonly #config: RegistryConfig;
  readonly #instances = new Map<string, { health: "healthy" | "degraded" }>();

  /** One for a host. @throws RangeError that names what is wrong with the configuration. */
  constructor(host: Host, config: RegistryConfig) {
    checkRegistry(config);
    this.#host = host;
    this.#config = config;
    host.onRequest(CHECK, ({ instance }) => this.#instances.get(instance)?.health ?? "unknown");
  }

  register(registration: Registration): void {
    this.#instances.set(registration.instance, { health: "healthy" });
    void this.#announce(registration);
  }

  async deregister(instance: string): Promise<void> {
    if (!this.#instances.delete(instance)) return;
    const { registries, requestTimeout } = this.#config;
    await Promise.all(
      registries.map((id) => this.#host.request(DEREGISTER, id, { instance }, requestTimeout)),
    );
  }

  setHealth(instance: string, health: "healthy" | "degraded"): void {
    const known = this.#instances.get(instance);
    if (known !== undefined) known.health = health;
  }

  async #announce(registration: Registration): Promise<void> {
    const { registries, requestTimeout, heartbeatInterval } = this.#config;
    for (let heartbeat = 1; this.#instances.has(registration.instance); heartbeat++) {
      for (const id of registries)
        void this.#host.request(ANNOUNCE, id, { registration, heartbeat }, requestTimeout);
      await this.#host.sleep(heartbeatInterval);
    }
  }
}
