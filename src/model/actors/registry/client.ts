/**
 * Finds instances of a service and chooses one for each call.
 *
 * What was discovered is kept for a while; when it is time to ask again and no registry answers, what was known last is still
 * good until it expires. A registry that knows of nobody may have just restarted, so the others are asked too. An instance that
 * failed some times in a row is passed over for a while, as it would otherwise seem the least busy of all by failing fast; where
 * all have failed, all are tried.
 */
import { type Host, type Micros, TIMED_OUT } from "seedstorm";
import { invariant } from "../../invariant.js";
import type { Detail } from "../actor.js";
import { ENTITY, recordState } from "../facts.js";
import { GOALS } from "../goals.js";
import type { Health, Registration, RegistryConfig, Resolver, Route, Routing, ServiceQuery } from "./api.js";
import { type Candidate, choose } from "./balancing.js";
import { checkRegistry } from "./config.js";
import { DISCOVER, type Discovery, type Found } from "./protocol.js";

const USABLE: readonly Health[] = ["healthy", "degraded"];
const MOST_INSTANCES = 5;
/** Healthier first. */
const RANK: Readonly<Record<Health, number>> = { healthy: 0, degraded: 1, starting: 2, unhealthy: 3 };

/** What this client has seen of an instance by calling it. */
interface Dealings {
  connections: number;
  failuresInRow: number;
  passedOverUntil: Micros;
}

interface Fresh {
  readonly registration: Registration;
  readonly health: Health;
  readonly expiresAt: Micros;
}

interface Cached {
  /** The healthiest first. */
  readonly instances: readonly Fresh[];
  readonly until: Micros;
}

interface Choice extends Candidate {
  readonly registration: Registration;
  readonly isPassedOver: boolean;
}

export class RegistryClient implements Resolver {
  readonly #host: Host;
  readonly #config: RegistryConfig;
  readonly #detail: Detail;
  readonly #cache = new Map<string, Cached>();
  /** Questions under way: who asks the same meanwhile waits for the same answer. */
  readonly #asking = new Map<string, Promise<Cached | undefined>>();
  readonly #dealings = new Map<string, Dealings>();
  #routes = 0;

  /** @throws RangeError that names what is wrong with the configuration. */
  constructor(host: Host, config: RegistryConfig, options: { readonly detail?: Detail } = {}) {
    checkRegistry(config);
    this.#host = host;
    this.#config = config;
    this.#detail = options.detail ?? "full";
  }

  async route(query: ServiceQuery): Promise<Routing> {
    const { service, capabilities = {}, health = USABLE, maxInstances = MOST_INSTANCES, balancing } = query;
    const known = await this.#discover({ service, capabilities, health });
    if (known === undefined) return this.#none(service, "unreachable");
    const now = this.#host.clock.monotonic();
    const candidates = known
      .filter(({ expiresAt }) => expiresAt > now || this.#host.defect("cache-never-expires"))
      .slice(0, maxInstances)
      .map(({ registration }) => this.#choice(registration, now));
    const wellDone = candidates.filter(({ isPassedOver }) => !isPassedOver);
    const chosen = choose(wellDone.length > 0 ? wellDone : candidates, balancing, {
      random: this.#host.random,
      turn: this.#routes,
      key: query.key ?? "",
    });
    if (chosen === undefined) return this.#none(service, "none");
    return { ok: true, route: this.#begin(chosen, balancing, candidates) };
  }

  #choice(registration: Registration, now: Micros): Choice {
    const { instance, weight } = registration;
    const { connections = 0, passedOverUntil = 0 } = this.#dealings.get(instance) ?? {};
    return {
      registration,
      instance,
      weight,
      connections,
      isPassedOver: passedOverUntil > now && !this.#host.defect("PW15"),
    };
  }

  #none(service: string, error: "none" | "unreachable"): Routing {
    this.#host.reached(GOALS.registryNone);
    this.#host.record({ kind: "refusal", operation: "route", reason: error, key: service, detail: {} });
    return { ok: false, error };
  }

  #begin({ registration, connections }: Choice, balancing: string, candidates: readonly Choice[]): Route {
    const { instance, host, service } = registration;
    const name = `${instance}<${this.#host.id}#${this.#host.incarnation}/${++this.#routes}`;
    const dealings = this.#dealings.get(instance) ?? { connections: 0, failuresInRow: 0, passedOverUntil: 0 };
    this.#dealings.set(instance, dealings);
    dealings.connections++;
    const { ttl, ejectAfter, ejectFor } = this.#config;
    this.#record(name, "none", "chosen", {
      instance,
      service,
      balancing,
      connections,
      candidates: candidates.map((candidate) => candidate.instance),
      ttl,
      ejectAfter,
      ejectFor,
    });
    let isOver = false;
    return {
      instance,
      host,
      done: (outcome) => {
        if (isOver) return;
        isOver = true;
        if (outcome === "success" || !this.#host.defect("failed-call-never-over")) dealings.connections--;
        invariant(dealings.connections >= 0, `${instance} has fewer calls than none under way`);
        this.#record(name, "chosen", outcome, { instance, service });
        this.#learn(dealings, outcome);
      },
    };
  }

  #learn(dealings: Dealings, outcome: "success" | "failure"): void {
    if (outcome === "success") {
      dealings.failuresInRow = 0;
      dealings.passedOverUntil = 0;
      return;
    }
    dealings.failuresInRow++;
    if (dealings.failuresInRow < this.#config.ejectAfter) return;
    this.#host.reached(GOALS.registryEjected);
    dealings.passedOverUntil = this.#host.clock.monotonic() + this.#config.ejectFor;
  }

  /** Undefined when nothing is known and nobody can be asked. */
  async #discover(discovery: Discovery): Promise<readonly Fresh[] | undefined> {
    const key = JSON.stringify(discovery);
    const cached = this.#cache.get(key);
    if (cached !== undefined && cached.until > this.#host.clock.monotonic()) return cached.instances;
    let asking = this.#asking.get(key);
    if (asking === undefined) {
      asking = this.#ask(discovery);
      this.#asking.set(key, asking);
      void asking.then((answer) => {
        this.#asking.delete(key);
        if (answer !== undefined) this.#cache.set(key, answer);
      });
    }
    const answer = await asking;
    if (answer === undefined && cached !== undefined) this.#host.reached(GOALS.registryCached);
    return (answer ?? cached)?.instances;
  }

  /** The registries, the nearest first, until one knows of somebody. */
  async #ask(discovery: Discovery): Promise<Cached | undefined> {
    const { registries, requestTimeout, cacheFor } = this.#config;
    const { clock } = this.#host;
    let answer: Cached | undefined;
    for (const id of registries) {
      const asked = clock.monotonic();
      const found = await this.#host.request(DISCOVER, id, discovery, requestTimeout);
      if (found !== TIMED_OUT) {
        // Counted from the question on: how long the answer was under way is not known.
        const isForGood = found.length === 0 && this.#host.defect("nobody-found-is-remembered");
        const until = isForGood ? Number.POSITIVE_INFINITY : clock.monotonic() + cacheFor;
        const instances = found.map((each) => fresh(each, asked)).sort(byHealth);
        answer = { instances, until };
        if (found.length > 0) break;
      }
      this.#host.reached(GOALS.registryFailover);
    }
    return answer;
  }

  #record(name: string, from: string, to: string, detail: Parameters<typeof recordState>[5]): void {
    if (this.#detail === "full") recordState(this.#host, ENTITY.route, name, from, to, detail);
  }
}

function fresh({ registration, health, expiresIn }: Found, now: Micros): Fresh {
  return { registration, health, expiresAt: now + expiresIn };
}

function byHealth(a: Fresh, b: Fresh): number {
  return RANK[a.health] - RANK[b.health] || compare(a.registration.instance, b.registration.instance);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
