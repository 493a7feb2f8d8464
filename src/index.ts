/**
 * Seedstorm as a library: what a system under test, its properties and its scenarios are written with, and how a plan
 * is run. `docs/bring-a-system.md` walks through it with the smallest complete example.
 */

export { Checker } from "./check/checker.js";
export { sometimes } from "./check/goals.js";
export type {
  Check,
  CheckContext,
  Property,
  PropertyKind,
  PropertyReport,
  PropertyVerdict,
  Violation,
} from "./check/property.js";
export { answered, type Wait, type Waits } from "./check/waits.js";
export { outsideProperties, worldProperties } from "./check/world.js";
export { type Defect, defect, type Incident, type Origin } from "./model/defect.js";
export { generate } from "./scenarios/generate.js";
export { findScenario, run, scenarios, systems, verify } from "./scenarios/index.js";
export { type RunOptions, runOn } from "./scenarios/run.js";
export {
  type Outcome,
  type PlanOptions,
  type Scenario,
  STRATEGIES,
  type Strategy,
  type System,
  type Verdict,
} from "./scenarios/scenario.js";
export { stormBy } from "./scenarios/strategies.js";
export { faultsOf, prescribed, type StormGround, swarm, together, within } from "./scenarios/swarm.js";
export { type Divergence, type Verification, verifyOn } from "./scenarios/verify.js";
export { crc32, sha256 } from "./sim/digest.js";
export { type Disk, DiskError, type DiskErrorCode } from "./sim/disk.js";
export {
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultOf,
  type Selector,
  type Upon,
} from "./sim/faults.js";
export type { EventOf, Fact, FactKind, HistoryEvent, Write } from "./sim/history.js";
export {
  type Host,
  type HostClock,
  type Message,
  message,
  type OutsideReply,
  type Rpc,
  rpc,
  TIMED_OUT,
  type TimedOut,
  type Timer,
} from "./sim/host.js";
export { type Moment, type MomentWatch, moment, WORLD_MOMENTS } from "./sim/moments.js";
export type { OutsideCall, OutsideModel, OutsideResult, OutsideSpec } from "./sim/outside.js";
export type { Domain, HostSpec, Json, KnobValue, Operation, Plan } from "./sim/plan.js";
export { draw, Random, type Table, tableOf } from "./sim/random.js";
export { MILLISECOND, MINUTE, type Micros, millis, SECOND, seconds } from "./sim/time.js";
export { World } from "./sim/world.js";
