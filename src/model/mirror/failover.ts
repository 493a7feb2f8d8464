/**
 * The failover manager of a cluster: watches the primaries that the directory names, and replaces those that
 * it can't reach for longer than the grace.
 *
 * Time in which it stood still itself does not count: then it is the one that could not be reached. It may well be wrong, since a primary that it can't reach may be alive and be reached by others; that this
 * does no harm is the business of directory and log, which let only one epoch in.
 */
import { type Host, type Micros, TIMED_OUT } from "seedstorm";
import type { MirrorKnobs } from "./knobs.js";
import { PING } from "./wire.js";

type FailoverState = "monitoring" | "primary-unreachable" | "promoting" | "promoted";

interface Watched {
  state: FailoverState;
  /** By this host's monotonic clock: when it answered last, or when it was first watched. */
  heardAt: Micros;
  asking: boolean;
}

export class FailoverManager {
  readonly #host: Host;
  readonly #knobs: MirrorKnobs;
  readonly #takeOver: (primary: string) => Promise<boolean>;
  readonly #watched = new Map<string, Watched>();
  /** When this host was last seen to be running, by its monotonic clock. */
  #ranAt: Micros;

  /** @param takeOver takes over what a primary has; true when something was taken over. */
  constructor(host: Host, knobs: MirrorKnobs, takeOver: (primary: string) => Promise<boolean>) {
    this.#host = host;
    this.#knobs = knobs;
    this.#takeOver = takeOver;
    this.#ranAt = host.clock.monotonic();
  }

  /** Looks after these primaries, and after no others. */
  check(primaries: ReadonlySet<string>): void {
    this.#forgiveStandstill();
    for (const peer of this.#watched.keys()) if (!primaries.has(peer)) this.#watched.delete(peer);
    for (const peer of primaries) void this.#ping(peer);
  }

  async #ping(peer: string): Promise<void> {
    const { clock } = this.#host;
    let watched = this.#watched.get(peer);
    if (watched === undefined) {
      watched = { state: "monitoring", heardAt: clock.monotonic(), asking: false };
      this.#watched.set(peer, watched);
    }
    if (watched.asking) return;
    watched.asking = true;
    const reply = await this.#host.request(PING, peer, null, this.#knobs.checkInterval);
    if (reply !== TIMED_OUT) {
      watched.heardAt = clock.monotonic();
      this.#enter(peer, watched, "monitoring");
    } else {
      this.#forgiveStandstill();
      if (watched.state === "monitoring") this.#enter(peer, watched, "primary-unreachable");
      if (clock.monotonic() - watched.heardAt >= this.#knobs.grace) await this.#promote(peer, watched);
    }
    watched.asking = false;
  }

  /** Whoever stood still has heard from nobody, which says nothing of anybody: every grace begins anew. */
  #forgiveStandstill(): void {
    const now = this.#host.clock.monotonic();
    if (now - this.#ranAt > 2 * this.#knobs.checkInterval)
      for (const watched of this.#watched.values()) watched.heardAt = now;
    this.#ranAt = now;
  }

  async #promote(peer: string, watched: Watched): Promise<void> {
    this.#enter(peer, watched, "promoting");
    const taken = await this.#takeOver(peer);
    this.#enter(peer, watched, taken ? "promoted" : "primary-unreachable");
  }

  #enter(peer: string, watched: Watched, state: FailoverState): void {
    const from = watched.state;
    if (from === state) return;
    watched.state = state;
    const name = `${peer}@${this.#host.id}`;
    this.#host.record({ kind: "state", entity: "failover", name, from, to: state, detail: {} });
  }
}
