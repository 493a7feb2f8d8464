/** `seedstorm/explore`: many runs of a scenario, what is made of those that fail, and the files that plans come from. */
export type { Branching, BranchPoint } from "./branch.js";
export type { CampaignResult, Progress } from "./campaign/campaign.js";
export type { Case } from "./campaign/cases.js";
export type { Finding, Summary } from "./campaign/summary.js";
export type { DefectResult } from "./defects/defects.js";
export { type Decoded, decoder, expecting, type SchemaOf } from "./formats/decode.js";
export { parseExactJson } from "./formats/exact-json.js";
export { InputError, listed, printable, shown } from "./formats/input-error.js";
export { LIMITS } from "./formats/limits.js";
export { parsePlan, planText, readPlan } from "./formats/plan-file.js";
export { readText } from "./formats/read-file.js";
export {
  parseRepro,
  type Repro,
  readRepro,
  reproOfShrunk,
  reproText,
  writeRepro,
} from "./formats/repro-file.js";
export {
  branch,
  type Checked,
  type CheckOptions,
  check,
  type Failure,
  type KillRequest,
  kill,
  type Replayed,
  replay,
  shrink,
  sweep,
} from "./library.js";
export type { Comparison } from "./runs/replay.js";
export { inThisThread, PoolUnusable, type Runner } from "./runs/runner.js";
export type { StopSignal } from "./runs/stop-signal.js";
export type { RunnerOptions } from "./runs/with-runner.js";
export type { ShrinkTrace, Shrunk } from "./shrink/shrink.js";
export { SweepNotHealthy, type SweepResult } from "./sweep.js";
