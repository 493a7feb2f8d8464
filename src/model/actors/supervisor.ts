/**
 * A supervisor: starts children, restarts those that end, and ends itself when it had to do so too often.
 *
 * Ends are worked through one after the other, so that a child that ends while others are being restarted is seen to when
 * they are. Restarts are counted by the monotonic clock.
 */
import { type Micros, SECOND } from "seedstorm";
import {
  type ActorSystem,
  type Down,
  type ExitReason,
  Failure,
  inOrder,
  type Monitor,
  type Supervised,
} from "./actor.js";
import { checkConfig, count, duration } from "./config.js";
import { ENTITY, reasonAsJson, recordState } from "./facts.js";
import { GOALS } from "./goals.js";
import { Monitors } from "./monitors.js";
import { Queue } from "./queue.js";
import type {
  Child,
  ChildSpec,
  RestartPolicy,
  SupervisionStrategy,
  Supervisor,
  SupervisorOptions,
} from "./supervision.js";

const SHUTDOWN_TIMEOUT: Micros = 5 * SECOND;
const SHUTDOWN: ExitReason = { kind: "shutdown" };

/** A child with what its supervisor knows of it. */
class Place<T extends Supervised> implements Child<T> {
  readonly id: string;
  readonly restart: RestartPolicy;
  current: T | undefined = undefined;
  /** Counts its lives. */
  life = 0;
  readonly #spec: ChildSpec<T>;
  #monitor: Monitor | undefined = undefined;

  constructor(spec: ChildSpec<T>) {
    this.id = spec.id;
    this.restart = spec.restart;
    this.#spec = spec;
  }

  /** Begins a life, which may be over at once. */
  begin(onDown: (life: number, down: Down) => void): void {
    const life = ++this.life;
    try {
      this.current = this.#spec.start();
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      onDown(life, { id: this.id, reason: { kind: "failed", message: error.message } });
      return;
    }
    this.#monitor = this.current.monitor((down) => onDown(life, down));
  }

  /** It has ended, or is not watched any more. */
  leave(): T | undefined {
    const { current } = this;
    this.#monitor?.cancel();
    this.#monitor = undefined;
    this.current = undefined;
    return current;
  }
}

interface End {
  readonly place: Place<Supervised>;
  readonly life: number;
  readonly down: Down;
}

export class TreeSupervisor implements Supervisor {
  readonly id: string;
  readonly #actors: ActorSystem;
  readonly #options: SupervisorOptions;
  readonly #monitors = new Monitors();
  readonly #ends = new Queue<End>();
  /** When the latest restarts were. */
  readonly #restarts = new Queue<Micros>();
  #places: Place<Supervised>[] = [];
  #alive = true;
  #stopping = false;
  #working = false;

  /** @throws RangeError that names what is wrong with the options. */
  constructor(actors: ActorSystem, options: SupervisorOptions) {
    checkConfig(`supervisor ${options.name}`, {
      maxRestarts: count(options.intensity.maxRestarts, 0),
      window: duration(options.intensity.window),
      shutdownTimeout: duration(options.shutdownTimeout ?? SHUTDOWN_TIMEOUT),
    });
    this.id = actors.nextId(options.name);
    this.#actors = actors;
    this.#options = options;
    const { strategy, intensity } = options;
    recordState(actors.host, ENTITY.supervisor, this.id, "none", "running", { strategy, ...intensity });
  }

  get alive(): boolean {
    return this.#alive;
  }

  get children(): readonly Child<Supervised>[] {
    return this.#places;
  }

  start<T extends Supervised>(spec: ChildSpec<T>): Child<T> {
    if (this.#places.some(({ id }) => id === spec.id))
      throw new RangeError(`supervisor ${this.id}: there is a child "${spec.id}" already`);
    const place = new Place(spec);
    if (!this.#alive || this.#stopping) return place;
    this.#places.push(place);
    this.#work(() => this.#begin(place));
    return place;
  }

  async remove(id: string): Promise<void> {
    const place = this.#places.find((other) => other.id === id);
    if (place === undefined) return;
    this.#forget(place);
    await this.#takeDown(place);
  }

  monitor(onDown: (down: Down) => void): Monitor {
    return this.#monitors.add(onDown);
  }

  /** Takes its children down in order, the last one first. */
  async stop(reason: ExitReason = { kind: "normal" }): Promise<void> {
    if (!this.#alive || this.#stopping) return this.#monitors.ended();
    this.#stopping = true;
    for (const place of [...this.#places].reverse()) await this.#takeDown(place);
    this.exit(reason);
  }

  exit(reason: ExitReason): void {
    if (!this.#alive) return;
    this.#alive = false;
    const { host } = this.#actors;
    recordState(host, ENTITY.supervisor, this.id, "running", "ended", {
      ...reasonAsJson(reason),
      clock: host.clock.monotonic(),
    });
    if (host.defect("children-outlive-supervisor")) this.#monitors.tell({ id: this.id, reason });
    for (const place of [...this.#places].reverse()) place.leave()?.exit(SHUTDOWN);
    this.#monitors.tell({ id: this.id, reason });
  }

  #begin(place: Place<Supervised>): void {
    place.begin((life, down) => {
      this.#ends.push({ place, life, down });
      this.#work(() => {});
    });
    if (place.current === undefined) return;
    recordState(this.#actors.host, ENTITY.child, `${this.id}/${place.id}`, "none", "running", {
      supervisor: this.id,
      child: place.id,
      actor: place.current.id,
      restart: place.restart,
    });
  }

  /** Does something, and then sees to the ends that there are, those included that this leads to. */
  #work(first: () => void): void {
    if (this.#working) {
      first();
      return;
    }
    this.#working = true;
    first();
    for (let end = this.#ends.shift(); end !== undefined; end = this.#ends.shift()) this.#onEnd(end);
    this.#working = false;
  }

  #onEnd({ place, life, down }: End): void {
    if (!this.#alive || this.#stopping || place.life !== life || !this.#places.includes(place)) return;
    place.leave();
    if (place.restart === "temporary" || (place.restart === "transient" && inOrder(down.reason))) {
      this.#forget(place);
      return;
    }
    if (this.#isOneTooMany()) {
      this.#actors.host.reached(GOALS.supervisorEscalated);
      this.exit({ kind: "too-many-restarts", child: place.id });
      return;
    }
    this.#restart(place, down);
  }

  #isOneTooMany(): boolean {
    const { maxRestarts, window } = this.#options.intensity;
    const now = this.#actors.host.clock.monotonic();
    this.#restarts.push(now);
    if (this.#actors.host.defect("restarts-not-counted")) return false;
    if (this.#actors.host.defect("restarts-counted-for-life")) return this.#restarts.length > maxRestarts;
    for (let first = this.#restarts.peek(); first !== undefined && first <= now - window; ) {
      this.#restarts.shift();
      first = this.#restarts.peek();
    }
    return this.#restarts.length > maxRestarts;
  }

  #restart(ended: Place<Supervised>, { id, reason }: Down): void {
    const { host } = this.#actors;
    const affected = this.#affectedBy(ended, this.#options.strategy);
    recordState(host, ENTITY.supervisor, this.id, "running", "restarting", {
      child: ended.id,
      ended: id,
      reason: reason.kind,
      affected: affected.map((place) => place.id),
      clock: host.clock.monotonic(),
    });
    host.reached(affected.length > 1 ? GOALS.siblingsRestarted : GOALS.childRestarted);
    for (const place of [...affected].reverse()) place.leave()?.exit(SHUTDOWN);
    for (const place of affected) {
      if (!this.#alive) return;
      if (place.restart === "temporary") this.#forget(place);
      else this.#begin(place);
    }
  }

  #affectedBy(ended: Place<Supervised>, strategy: SupervisionStrategy): readonly Place<Supervised>[] {
    switch (strategy) {
      case "one-for-one":
        return [ended];
      case "one-for-all":
        return this.#places;
      case "rest-for-one":
        if (this.#actors.host.defect("rest-for-one-restarts-one")) return [ended];
        return this.#places.slice(this.#places.indexOf(ended));
    }
  }

  #forget(place: Place<Supervised>): void {
    this.#places = this.#places.filter((other) => other !== place);
    recordState(this.#actors.host, ENTITY.child, `${this.id}/${place.id}`, "running", "forgotten", {
      supervisor: this.id,
      child: place.id,
    });
  }

  /** Stops a child in order, or kills it when that takes too long. */
  async #takeDown(place: Place<Supervised>): Promise<void> {
    const child = place.leave();
    if (child === undefined) return;
    const { host } = this.#actors;
    const timer = host.after(this.#options.shutdownTimeout ?? SHUTDOWN_TIMEOUT, () =>
      child.exit({ kind: "killed", by: this.id }),
    );
    await child.stop(SHUTDOWN);
    timer.cancel();
  }
}
