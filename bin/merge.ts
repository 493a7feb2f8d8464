/**
 * `seedstorm merge FILE…`: the results of a campaign's shards as one. Shards that don't belong together are
 * refused; what is missing is reported, and leaves a gap that fails the merge unless it is allowed.
 */

import { mergeShards, readResult, sortsOf, writeResult } from "../src/explore/index.js";
import { InputError } from "../src/input/index.js";
import { campaignReport } from "../src/report/index.js";
import { codeOf, commandOf, deliverReport } from "./campaign-report.js";
import type { ExitCode } from "./exit-codes.js";
import type { ReportOptions } from "./reporters.js";
import { type Simulator, scenarioNamed } from "./simulator.js";
import type { Terminal } from "./terminal.js";

export interface MergeOptions extends ReportOptions {
  /** Where the joined result goes, to be merged or reported again. */
  readonly save: string | undefined;
  readonly allowGaps: boolean;
}

export async function merge(
  files: readonly string[],
  options: MergeOptions,
  simulator: Simulator,
  terminal: Terminal,
): Promise<ExitCode> {
  const { result, gaps } = mergeShards(files.map((file) => ({ file, result: readResult(file) })));
  if (gaps.length > 0 && !options.allowGaps) {
    throw new InputError(
      `the campaign is incomplete: ${gaps.join("; ")} (--allow-gaps merges what there is)`,
    );
  }
  if (gaps.length > 0) terminal.err(gaps);
  if (options.save !== undefined) writeResult(options.save, result);
  const scenarios = result.settings.scenarios.map((id) => scenarioNamed(id, simulator.scenarios));
  const { defects, knobs } = result.settings;
  const cases = sortsOf(result.summary).map(({ finding, runs }) => ({
    finding,
    runs,
    plan: scenarioNamed(finding.scenario, scenarios).plan(finding.seed, { defects, knobs }),
    shrinkTrace: undefined,
    repro: undefined,
    file: undefined,
  }));
  const command = commandOf(result.settings, scenarios);
  const facts = campaignReport({
    result,
    scenarios,
    cases,
    corpus: [],
    interrupted: gaps.length > 0,
    command,
  });
  return deliverReport(facts, options, codeOf(facts), terminal);
}
