/** Linearizability: the check itself, histories from elsewhere, and the properties of the pipeline. */
export { type CheckedHistory, checkAgainst, type ToldContradiction } from "./against.js";
export {
  type CheckOptions,
  type CheckResult,
  checkLinearizability,
  DEFAULT_BUDGET,
  type LinearizabilityVerdict,
} from "./check.js";
export type { Contradiction } from "./contradiction.js";
export type { Model } from "./model.js";
export { OPEN, type Operation } from "./operation.js";
export { linearizabilityProperties } from "./pipeline/properties.js";
