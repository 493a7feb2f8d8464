/**
 * `seedstorm/check`: what properties are written with. A property and what it may ask, views that several properties
 * share, ready properties of every world, readers for the data in facts, words for evidence, and linearizability.
 */
export { Checker } from "./checker.js";
export { count, list, short, time, when, where } from "./evidence-text.js";
export { sometimes } from "./goals.js";
export { fields, same, text, texts, whole } from "./json.js";
export { nothingWrongBut, onlyLossesFrom } from "./lasting-losses.js";
export { answered, type Latencies, type Latency } from "./latencies.js";
export {
  type Against,
  type CheckedHistory,
  checkAgainst,
  type ExplainedContradiction,
} from "./linearizability/against.js";
export {
  type CheckOptions,
  type CheckResult,
  checkLinearizability,
  DEFAULT_BUDGET,
  type LinearizabilityVerdict,
} from "./linearizability/check.js";
export type { Contradiction } from "./linearizability/contradiction.js";
export { startHint } from "./linearizability/initial.js";
export { longestOrder } from "./linearizability/longest.js";
export type { Model } from "./linearizability/model.js";
export {
  bagModel,
  bankModel,
  casRegisterModel,
  counterModel,
  fencedLockModel,
  initialProblem,
  kvModel,
  lockModel,
  logModel,
  MODEL_NAMES,
  type ModelName,
  multiRegisterModel,
  queueModel,
  type ReadyModel,
  readyModel,
  reentrantLockModel,
  registerModel,
  semaphoreModel,
  setModel,
} from "./linearizability/models/index.js";
export { byObject, OPEN, type Operation } from "./linearizability/operation.js";
export { sentence } from "./linearizability/proof.js";
export {
  type LinearizableOptions,
  linearizable,
} from "./linearizability/property.js";
export {
  defineModel,
  type ModelDefinition,
  ModelError,
  type ModelOperation,
  partitioned,
} from "./linearizability/user-model.js";
export { ensure } from "./maps.js";
export type {
  Check,
  CheckContext,
  Property,
  PropertyKind,
  PropertyReport,
  PropertyVerdict,
  ViewContext,
  ViewKind,
  Violation,
} from "./property.js";
export {
  type Analysis,
  type Anomaly,
  type AnomalyName,
  analyseTransactions,
  anomalyHeading,
  anomalyProof,
  CONSISTENCY_MODELS,
  type ConsistencyModel,
  concerned,
  type MicroOperation,
  microOperations,
  type Transaction,
  TransactionError,
  type TransactionWords,
  WORKLOADS,
  type Workload,
} from "./transactions/index.js";
export {
  judgeTransactions,
  serializable,
  snapshotIsolation,
  strictSerializable,
  type TransactionPropertyOptions,
} from "./transactions/property.js";
export { comparable, type StateKey, shownJson } from "./values.js";
export { externalProperties, worldProperties } from "./world.js";
