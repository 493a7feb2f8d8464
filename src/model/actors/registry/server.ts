/**
 * The registry of one host: who has announced itself, how long ago, and how it fares.
 *
 * A heartbeat is known by its number, so that hearing of an old one again, by however slow a way, makes no instance younger than
 * it is. Deregistered instances are remembered for as long as somebody might still speak of them as alive. Health is each
 * registry's own finding: checks are not gossiped, as what one registry can reach another may not.
 */
import { type Host, type Micros, TIMED_OUT } from "seedstorm";
import { ENTITY, recordState } from "../facts.js";
import { GOALS } from "../goals.js";
import type { Health, Registration, RegistryConfig } from "./api.js";
import { checkRegistry } from "./config.js";
import {
  ANNOUNCE,
  CHECK,
  DEREGISTER,
  DISCOVER,
  type Discovery,
  type Found,
  GOSSIP,
  type Rumour,
  SNAPSHOT,
} from "./protocol.js";

interface Known {
  readonly registration: Registration;
  heartbeat: number;
  /** When that heartbeat was, by this host's monotonic clock. */
  beatAt: Micros;
  deregistered: boolean;
  health: Health;
  /** Checks in a row with the same result. */
  passed: number;
  failed: number;
}

export class RegistryServer {
  readonly #host: Host;
  readonly #config: RegistryConfig;
  readonly #known = new Map<string, Known>();
  readonly #peers: readonly string[];

  /** @throws RangeError that names what is wrong with the configuration. */
  constructor(host: Host, config: RegistryConfig) {
    checkRegistry(config);
    this.#host = host;
    this.#config = config;
    this.#peers = config.registries.filter((id) => id !== host.id);
  }

  start(): void {
    const host = this.#host;
    host.onRequest(ANNOUNCE, ({ registration, heartbeat }) => {
      this.#hear({ registration, heartbeat, age: 0, deregistered: false }, "announced");
      return "ok";
    });
    host.onRequest(DEREGISTER, ({ instance }) => {
      this.#deregister(instance);
      return "ok";
    });
    host.onRequest(DISCOVER, (discovery) => this.#find(discovery));
    host.onRequest(SNAPSHOT, () => this.#rumours());
    host.onMessage(GOSSIP, (rumours) => {
      for (const rumour of rumours) this.#hear(rumour, "rumour");
    });
    void this.#catchUp();
    void this.#gossip();
    void this.#check();
  }

  /** After a restart it knows nothing: the others do. */
  async #catchUp(): Promise<void> {
    for (const peer of this.#peers) {
      const rumours = await this.#host.request(SNAPSHOT, peer, null, this.#config.requestTimeout);
      if (rumours === TIMED_OUT) continue;
      for (const rumour of rumours) this.#hear(rumour, "rumour");
    }
  }

  async #gossip(): Promise<void> {
    for (;;) {
      await this.#host.sleep(this.#config.gossipInterval);
      this.#forgetOld();
      const rumours = this.#rumours();
      for (const peer of this.#peers) this.#host.send(GOSSIP, peer, rumours, 64 * (1 + rumours.length));
    }
  }

  async #check(): Promise<void> {
    for (;;) {
      await this.#host.sleep(this.#config.checkInterval);
      for (const known of this.#known.values()) if (!known.deregistered) void this.#checkOne(known);
    }
  }

  async #checkOne(known: Known): Promise<void> {
    const { host, instance } = known.registration;
    const result = await this.#host.request(CHECK, host, { instance }, this.#config.checkTimeout);
    if (this.#known.get(instance) !== known) return;
    const isGood = result !== TIMED_OUT && result !== "unknown";
    known.passed = isGood ? known.passed + 1 : 0;
    known.failed = isGood ? 0 : known.failed + 1;
    this.#judge(known, result === "degraded");
  }

  /** What the latest checks say of an instance. */
  #judge(known: Known, saysDegraded: boolean): void {
    const { healthyAfter, unhealthyAfter } = this.#config;
    const before = known.health;
    if (known.failed >= unhealthyAfter) known.health = "unhealthy";
    else if (known.failed > 0) {
      if (before === "healthy") known.health = "degraded";
    } else if (known.passed >= healthyAfter) known.health = saysDegraded ? "degraded" : "healthy";
    if (known.health === before) return;
    if (known.health === "unhealthy") this.#host.reached(GOALS.registryUnhealthy);
    if (known.health === "healthy" && before === "unhealthy") this.#host.reached(GOALS.registryRecovered);
    const { instance, service } = known.registration;
    recordState(this.#host, ENTITY.instance, instance, before, known.health, { service });
  }

  #hear({ registration, heartbeat, age, deregistered }: Rumour, by: "announced" | "rumour"): void {
    const now = this.#host.clock.monotonic();
    const { instance } = registration;
    const known = this.#known.get(instance);
    if (known === undefined) {
      if (age >= this.#config.ttl) return;
      this.#known.set(instance, {
        registration,
        heartbeat,
        beatAt: this.#host.defect("rumour-makes-young") ? now : now - age,
        deregistered,
        health: "starting",
        passed: 0,
        failed: 0,
      });
      this.#recordBeat(registration, heartbeat, by, "grant");
      return;
    }
    if (deregistered) this.#deregister(instance);
    if (known.deregistered || heartbeat <= known.heartbeat) return;
    if (by === "rumour") this.#host.reached(GOALS.registryHeard);
    known.heartbeat = heartbeat;
    known.beatAt = now - age;
    this.#recordBeat(registration, heartbeat, by, "renew");
  }

  /** Only what the instance itself said proves that it was there: rumours are not recorded. */
  #recordBeat(registration: Registration, heartbeat: number, by: string, phase: "grant" | "renew"): void {
    if (by !== "announced") return;
    const { instance, host } = registration;
    this.#host.record({ kind: "lease", phase, lease: instance, holder: host, epoch: heartbeat });
  }

  #deregister(instance: string): void {
    const known = this.#known.get(instance);
    if (known === undefined || known.deregistered) return;
    known.deregistered = true;
    const { host } = known.registration;
    this.#host.record({
      kind: "lease",
      phase: "release",
      lease: instance,
      holder: host,
      epoch: known.heartbeat,
    });
  }

  #find({ service, capabilities, health }: Discovery): readonly Found[] {
    this.#forgetOld();
    const now = this.#host.clock.monotonic();
    const wanted = Object.entries(capabilities);
    const found: Found[] = [];
    for (const { registration, deregistered, health: is, beatAt } of this.#known.values()) {
      if (registration.service !== service || deregistered || !health.includes(is)) continue;
      if (!wanted.every(([name, value]) => registration.capabilities[name] === value)) continue;
      found.push({ registration, health: is, expiresIn: beatAt + this.#config.ttl - now });
    }
    return found;
  }

  #rumours(): readonly Rumour[] {
    const now = this.#host.clock.monotonic();
    return [...this.#known.values()].map(({ registration, heartbeat, beatAt, deregistered }) => ({
      registration,
      heartbeat,
      age: now - beatAt,
      deregistered,
    }));
  }

  /** The expired go, and so do the deregistered once nobody can speak of them as alive any more. */
  #forgetOld(): void {
    const now = this.#host.clock.monotonic();
    const { ttl } = this.#config;
    for (const [instance, { registration, heartbeat, beatAt, deregistered }] of this.#known) {
      if (now - beatAt < (deregistered ? 2 * ttl : ttl)) continue;
      this.#known.delete(instance);
      if (deregistered) continue;
      this.#host.reached(GOALS.registryExpired);
      this.#host.record({
        kind: "lease",
        phase: "expire",
        lease: instance,
        holder: registration.host,
        epoch: heartbeat,
      });
    }
  }
}
