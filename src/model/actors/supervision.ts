/**
 * Supervisors as those who use them see them.
 *
 * A supervisor starts its children in order, restarts those that end, by its strategy, and takes all of them down, last one
 * first, when it ends. A child that ends more often than the supervisor may restart within its window ends the
 * supervisor itself, with `too-many-restarts`; its own supervisor sees that as the end of a child. Restarts are immediate.
 */
import type { Micros } from "seedstorm";
import type { Supervised } from "./actor.js";

/**
 * Who is restarted when a child ends: it alone, all children, or it and those that were started after it.
 */
export type SupervisionStrategy = "one-for-one" | "one-for-all" | "rest-for-one";

/**
 * When a child is restarted: whenever it ends; when it ended otherwise than in order; or never. One that is not restarted is
 * forgotten.
 */
export type RestartPolicy = "permanent" | "transient" | "temporary";

export interface RestartIntensity {
  /** So many restarts are allowed … */
  readonly maxRestarts: number;
  /** … within so long; one more ends the supervisor. */
  readonly window: Micros;
}

export interface ChildSpec<T extends Supervised> {
  /** Unique among the children of a supervisor. */
  readonly id: string;
  readonly restart: RestartPolicy;
  /** Starts it, at first and at each restart. One that is returned dead counts as ended. */
  start(): T;
}

/** A child through all of its lives. */
export interface Child<T extends Supervised> {
  readonly id: string;
  /** The present one; undefined while there is none. */
  readonly current: T | undefined;
}

export interface SupervisorOptions {
  readonly name: string;
  readonly strategy: SupervisionStrategy;
  readonly intensity: RestartIntensity;
  /** How long a child may take to stop in order before it is killed. Default: five seconds. */
  readonly shutdownTimeout?: Micros;
}

/** Made by `new TreeSupervisor(actors, options)`. */
export interface Supervisor extends Supervised {
  readonly children: readonly Child<Supervised>[];
  /**
   * Adds a child behind the others and starts it. A RangeError when there is one of that id. A supervisor that has ended, or
   * is about to, starts nothing.
   */
  start<T extends Supervised>(spec: ChildSpec<T>): Child<T>;
  /** Takes a child down in order and forgets it. Harmless when there is none of that id. */
  remove(id: string): Promise<void>;
}
