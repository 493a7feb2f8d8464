/**
 * A health observer: looks at the other providers now and then, and signs what it saw when that has changed.
 *
 * One probe missed is degraded, two in a row are lost, one answered is healthy. Sequences go on across restarts:
 * the last committed one is read back before the first of a new life. An observer tells what it saw and moves nothing.
 */
import { type Host, type KeyPair, TIMED_OUT } from "seedstorm";
import { signObservation } from "../resources/observations.js";
import type { Resources } from "../resources/resources.js";
import { RESOURCES, type ReplicaHealth, SCHEMAS } from "../resources/types.js";
import { GOALS } from "./goals.js";
import type { PipelineKnobs } from "./knobs.js";
import { PROBE } from "./wire.js";

/** A domain to look at, and the host that stands for it. */
export interface Watched {
  readonly domain: string;
  readonly host: string;
}

/** What the observer knows of one domain. */
interface Sight {
  readonly watched: Watched;
  missed: number;
  /** As it was last committed; undefined when that is not known. */
  reported: ReplicaHealth | undefined;
  sequence: number;
}

export class Observer {
  readonly #host: Host;
  readonly #resources: Resources;
  readonly #knobs: PipelineKnobs;
  readonly #keys: KeyPair;
  readonly #sights: readonly Sight[];

  constructor(
    host: Host,
    resources: Resources,
    knobs: PipelineKnobs,
    keys: KeyPair,
    watched: readonly Watched[],
  ) {
    this.#host = host;
    this.#resources = resources;
    this.#knobs = knobs;
    this.#keys = keys;
    this.#sights = watched.map((watched) => ({ watched, missed: 0, reported: undefined, sequence: 0 }));
  }

  /** Watches for ever. */
  async start(): Promise<never> {
    this.#host.onRequest(PROBE, () => true);
    for (;;) {
      await this.#host.sleep(this.#knobs.observeInterval);
      await Promise.all(this.#sights.map((sight) => this.#look(sight)));
    }
  }

  async #look(sight: Sight): Promise<void> {
    const { watched } = sight;
    const reply = await this.#host.request(PROBE, watched.host, null, this.#knobs.attemptTimeout);
    sight.missed = reply === TIMED_OUT ? sight.missed + 1 : 0;
    const health = healthAfter(sight.missed);
    if (health !== sight.reported) await this.#record(sight, health);
  }

  async #record(sight: Sight, health: ReplicaHealth): Promise<void> {
    const host = this.#host;
    const signer = host.id;
    const { domain } = sight.watched;
    if (sight.sequence === 0) {
      const report = await this.#resources.read({
        resource: RESOURCES.observations,
        read: "domain",
        domain,
        signer,
      });
      if (report === undefined) return; // nobody answers: the next look tries again
      sight.sequence = report.last?.sequence ?? 0;
    }
    sight.sequence += 1;
    const { sequence } = sight;
    const observation = signObservation(this.#keys, { signer, domain, health, sequence });
    host.record({
      kind: "state",
      entity: "observation",
      name: `${signer}/${domain}`,
      from: sight.reported ?? "unknown",
      to: health,
      detail: { sequence },
    });
    const schemaId = SCHEMAS.observation;
    const observed = await this.#resources.observations({ type: "observe", observation, schemaId });
    if (observed.status !== "ok") {
      // It may have been committed after all: what stands there is not known until the next look says it anew.
      sight.reported = undefined;
      return;
    }
    sight.reported = health;
    host.reached(GOALS.observationCommitted);
    if (observed.value.event) host.reached(GOALS.resourceEvent);
  }
}

function healthAfter(missed: number): ReplicaHealth {
  if (missed === 0) return "healthy";
  return missed === 1 ? "degraded" : "lost";
}
