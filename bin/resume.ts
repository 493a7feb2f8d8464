/**
 * Going on from a campaign's result. The file decides what the campaign is; what is asked for besides must not contradict
 * it, for the runs that were asked for would not be those that are counted.
 */

import { type CampaignResult, type CampaignSettings, readResult, type Shard } from "../src/explore/index.js";
import { InputError, printable, versions } from "../src/input/index.js";
/** What a campaign is asked to be; what nobody said is undefined or empty. */
export interface AskedCampaign extends Pick<CampaignSettings, "defects" | "knobs"> {
  readonly runs: number | undefined;
  readonly seed: number | undefined;
  readonly shard: Shard | undefined;
  readonly strategy: CampaignSettings["strategy"] | undefined;
  readonly verifyEvery: number | undefined;
}

/** @throws InputError when the file is of another version, or of another campaign than the one that is asked for. */
export function readResumed(
  file: string,
  scenarioIds: readonly string[],
  options: AskedCampaign,
): CampaignResult {
  const result = readResult(file);
  const now = versions();
  const { seedstorm, node } = result.versions;
  if (seedstorm !== now.seedstorm || node !== now.node) {
    throw new InputError(
      `--resume: ${printable(file)} is of seedstorm ${seedstorm} on Node ${node}, and this is ${now.seedstorm} on ${now.node}`,
    );
  }
  const contradiction = contradictionOf(result, scenarioIds, options);
  if (contradiction !== undefined) {
    const { what, asked, known } = contradiction;
    throw new InputError(
      `--resume: ${printable(file)} is a campaign with ${what} ${known}, and ${asked} is asked for; leave that out, or leave --resume out for a campaign of its own`,
    );
  }
  return result;
}

interface Contradiction {
  readonly what: string;
  readonly asked: string;
  readonly known: string;
}

function contradictionOf(
  { settings, shard }: CampaignResult,
  scenarioIds: readonly string[],
  options: AskedCampaign,
): Contradiction | undefined {
  const { runs, seed, defects, knobs, strategy, verifyEvery } = options;
  const pairs: readonly (readonly [what: string, asked: unknown, known: unknown])[] = [
    ["scenarios", scenarioIds.length === 0 ? undefined : [...new Set(scenarioIds)], settings.scenarios],
    ["runs", runs, settings.runs ?? "without end"],
    ["seed", seed, settings.seed],
    ["shard", options.shard, shard],
    ["defects", defects.length === 0 ? undefined : defects, settings.defects],
    ["knobs", Object.keys(knobs).length === 0 ? undefined : knobs, settings.knobs],
    ["strategy", strategy, settings.strategy ?? "each scenario's own"],
    ["--verify-every", verifyEvery, settings.verifyEvery],
  ];
  for (const [what, asked, known] of pairs) {
    if (asked !== undefined && text(asked) !== text(known))
      return { what, asked: text(asked), known: text(known) };
  }
  return undefined;
}

/** Lists have an order here that decides nothing; so have keys. */
function text(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "none" : [...value].map(String).sort().join(", ");
  if (typeof value !== "object" || value === null) return String(value);
  const entries = Object.entries(value).map(([name, each]) => `${name}=${String(each)}`);
  return entries.length === 0 ? "none" : entries.sort().join(", ");
}
