/** Histories of transactions: anomalies by name, and the consistency models that they rule out. */
export { type Analysis, analyseTransactions, WORKLOADS, type Workload } from "./analysis.js";
export type { Anomaly, Step } from "./finding.js";
export type { Dependency } from "./graph.js";
export {
  ANOMALIES,
  type AnomalyName,
  CONSISTENCY_MODELS,
  type ConsistencyModel,
  includes,
  ruledOut,
} from "./levels.js";
export {
  anomalyHeading,
  anomalyProof,
  anomalySentence,
  because,
  concerned,
  type TransactionWords,
} from "./proof.js";
export {
  type MicroOperation,
  microOperations,
  shownTransaction,
  type Transaction,
  TransactionError,
} from "./transaction.js";
