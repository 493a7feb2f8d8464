/** `seedstorm/explore`: many runs of a scenario, what is made of those that fail, and the files that plans come from. */
export type { Branching, BranchPoint } from "./branch.js";
export type { CampaignResult, Progress } from "./campaign/campaign.js";
export { type CampaignOptions, runCampaign } from "./campaign/campaign.js";
export type { Case } from "./campaign/cases.js";
export { makeCases, sortsOf } from "./campaign/cases.js";
export { type Claim, type ClaimRequest, claimResult } from "./campaign/claim-result.js";
export { type CorpusEntry, corpusFiles, partedBy, replayCorpus } from "./campaign/corpus.js";
export { ResultKeeper } from "./campaign/keep-result.js";
export { parseResult, readResult, writeResult } from "./campaign/result-file.js";
export {
  type CampaignSettings,
  DEFAULT_EVENT_BUDGET,
  DEFAULT_VERIFY_EVERY,
  planOptionsOf,
  runsOf,
  type Shard,
  WHOLE,
} from "./campaign/settings.js";
export { mergeShards } from "./campaign/shards.js";
export type { Finding, Summary } from "./campaign/summary.js";
export { checkKnobs } from "./check-knobs.js";
export { budgetText, readBudgets } from "./defects/budget-file.js";
export type { DefectResult } from "./defects/defects.js";
export {
  type ControlResult,
  groundsOf,
  type KillProgress,
  type KillSettings,
  type Planting,
  plantAll,
  runControl,
} from "./defects/defects.js";
export { type Decoded, decoder, expecting, type SchemaOf } from "./formats/decode.js";
export { parseExactJson } from "./formats/exact-json.js";
export { type HistoryFile, readHistory } from "./formats/history-file.js";
export { parseHistoryJson } from "./formats/history-json.js";
export { InputError, listed, printable, shown } from "./formats/input-error.js";
export { parseJson } from "./formats/json-text.js";
export { LIMITS } from "./formats/limits.js";
export { parsePlan, planText, readPlan } from "./formats/plan-file.js";
export { readText } from "./formats/read-file.js";
export {
  parseRepro,
  type Repro,
  readRepro,
  reproOf,
  reproOfShrunk,
  reproText,
  writeRepro,
} from "./formats/repro-file.js";
export { readTransactions, type TransactionFile } from "./formats/transaction-file.js";
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
export { hasFailed } from "./runs/judgement.js";
export { type PoolOptions, RunPool, workerModule } from "./runs/pool.js";
export type { Comparison } from "./runs/replay.js";
export { compare } from "./runs/replay.js";
export { inThisThread, PoolUnusable, type Runner } from "./runs/runner.js";
export type { StopSignal } from "./runs/stop-signal.js";
export { type ThreadLimits, threadLimits, Watch, type Watched } from "./runs/watch.js";
export { type WatchedRuns, watchedRuns } from "./runs/watched-runs.js";
export type { RunnerOptions } from "./runs/with-runner.js";
export type { ShrinkStep, ShrinkTrace, Shrunk } from "./shrink/shrink.js";
export { shrinkTraceLine } from "./shrink/trace-text.js";
export { type SweepFailure, SweepNotHealthy, type SweepResult } from "./sweep.js";
