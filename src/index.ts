/**
 * Seedstorm as a library: what a system under test and its scenarios are written with, and how a plan is run.
 * Properties are written with `seedstorm/check`. `docs/bring-a-system.md` walks through the smallest complete example.
 */

export { default as fc } from "fast-check";
export { Checker } from "./check/checker.js";
export { property } from "./check/define.js";
export { sometimes } from "./check/goals.js";
export { answered, type Latencies, type Latency } from "./check/latencies.js";
export type {
  Check,
  CheckContext,
  Property,
  PropertyKind,
  PropertyReport,
  PropertyVerdict,
  Violation,
} from "./check/property.js";
export { externalProperties, worldProperties } from "./check/world.js";
export { defineConfig, type SeedstormConfig } from "./input/config.js";
export { type CivilTime, civilTime, instantsOf, type LocalTime, ZONES, type Zone } from "./sim/civil.js";
export { codeOf } from "./sim/codes.js";
export { crc32, type KeyPair, keyPairFromSeed, sha256, sign, verifySignature } from "./sim/digest.js";
export { type Disk, DiskError, type DiskErrorCode } from "./sim/disk.js";
export type { ExternalCall, ExternalModel, ExternalResult, ExternalSpec } from "./sim/external.js";
export {
  CLOCK_KINDS,
  DAMAGE,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  type FaultOf,
  FIELD_KINDS,
  type Selector,
  STORM_KINDS,
  type Trigger,
} from "./sim/faults/catalogue.js";
export type {
  ClientFact,
  DurableFact,
  EventOf,
  Fact,
  FactKind,
  HistoryEvent,
  LeaseFact,
  Stamp,
  StreamFact,
  Write,
} from "./sim/history.js";
export {
  type ExternalError,
  type ExternalReply,
  type Host,
  type HostClock,
  type Message,
  message,
  type Rpc,
  rpc,
  TIMED_OUT,
  type TimedOut,
  type Timer,
} from "./sim/host.js";
export { type Moment, type MomentWatch, moment, WORLD_MOMENTS } from "./sim/moments.js";
export type { CivilStart, Domain, HostSpec, Json, KnobValue, Operation, Plan, Restarts } from "./sim/plan.js";
export { draw, Random, type Table, tableOf } from "./sim/random.js";
export { HOUR, MILLISECOND, MINUTE, type Micros, SECOND } from "./sim/time.js";
export { domainName, selects } from "./sim/topology.js";
export { Leak, outsideTheGuard } from "./sim/traps/guard.js";
export { asBegun } from "./sim/triggers.js";
export { World, type WorldOptions } from "./sim/world.js";
export {
  Answer,
  type Call,
  Client,
  type ClientCall,
  type RecordOutcome,
  recordCall,
} from "./storm/client.js";
export {
  type CataloguedDefect,
  type Defect,
  defect,
  type Incident,
  type Origin,
} from "./storm/defect.js";
export {
  type DrawStorm,
  defineScenario,
  type ScenarioDefinition,
  type StormSpec,
  type Universe,
} from "./storm/define-scenario.js";
export {
  type ClientAction,
  type Cluster,
  defineSystem,
  type SystemDefinition,
} from "./storm/define-system.js";
export type { FaultScope, Upgrade } from "./storm/fault-scope.js";
export { generate, generateFor } from "./storm/generate.js";
export { type HostCounts, hostsOf, type Spread } from "./storm/hosts.js";
export { checkKnobNames, settingsOf } from "./storm/knobs.js";
export type { Course, MeasuredCourses, MeasuredTable, Measurements } from "./storm/measurements.js";
export { withPropertyIds } from "./storm/property-names.js";
export { type RunOptions, run, runOn } from "./storm/run.js";
export {
  type Outcome,
  type PlanOptions,
  type Scenario,
  STRATEGIES,
  type Strategy,
  type System,
  type Verdict,
} from "./storm/scenario.js";
export { stormBy } from "./storm/strategies.js";
export {
  faultsOf,
  numbered,
  prescribed,
  rollout,
  several,
  soonAfter,
  swarm,
  together,
} from "./storm/swarm.js";
export { ms, percent, seconds } from "./storm/units.js";
export { type Divergence, type Verification, verifyOn } from "./storm/verify.js";
export { type ActionSpec, type Workload, workloadOf } from "./storm/workload.js";
