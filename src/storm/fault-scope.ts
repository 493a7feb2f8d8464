/** What the faults of a storm may be about: hosts, services, moments, and from when to when. */
import type { FaultOf } from "../sim/faults/catalogue.js";
import type { HostSpec } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";

export interface FaultScope {
  /** Faults begin here at the earliest … */
  readonly from: Micros;
  /** … and have ended here at the latest. */
  readonly healAt: Micros;
  /** Hosts that may be hit. */
  readonly hosts: readonly HostSpec[];
  /** Hosts whose disks hold replicated state: at most one of them is damaged in a run. */
  readonly replicas: readonly string[];
  /** Names of external services. */
  readonly services: readonly string[];
  /** Ids of the moments that faults may be aimed at. Default: none are aimed. */
  readonly moments?: readonly string[];
  /** Faults that are aimed wait for their moments from here on. Default: `from`. */
  readonly triggersFrom?: Micros;
  /** Time-outs of the system, around which faults begin and end rather than elsewhere. */
  readonly timeouts?: readonly Micros[];
  /** What hosts may be upgraded to. */
  readonly upgrades?: readonly Upgrade[];
}

/** Hosts that can be upgraded, and to what. */
export interface Upgrade {
  readonly hosts: readonly string[];
  /** Knobs in the place of the plan's. */
  readonly settings: FaultOf<"upgrade">["settings"];
}
