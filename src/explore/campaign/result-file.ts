/**
 * Campaign results as files: what a shard hands in, what a merge joins, what a killed campaign goes on from. What is
 * read is checked with a schema, and that its numbers fit each other.
 */
import * as Schema from "@effect/schema/Schema";
import type { HistoryEvent } from "../../sim/history.js";
import { STRATEGIES } from "../../storm/scenario.js";
import { decoder, expecting } from "../formats/decode.js";
import { InputError } from "../formats/input-error.js";
import { parseJson } from "../formats/json-text.js";
import { inFile, readText } from "../formats/read-file.js";
import { writeWhole } from "../formats/write-file.js";
import type { CampaignResult } from "./campaign.js";
import { isCampaignName, runsOf } from "./settings.js";

const whole = expecting(
  Schema.Number,
  `a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`,
  (n) => Number.isSafeInteger(n) && n >= 0,
);
const positive = expecting(Schema.Number, "a whole number from 1", (n) => Number.isSafeInteger(n) && n >= 1);
const knob = Schema.Union([Schema.Number, Schema.String, Schema.Boolean]);
const strings = Schema.mutable(Schema.Array(Schema.String));
const countRecord = Schema.Record(Schema.String, whole);
const hash = expecting(Schema.String, "16 hexadecimal digits", (text) => /^[0-9a-f]{16}$/.test(text));

const settings = Schema.Struct({
  scenarios: expecting(strings, "a list of scenarios, each once", isListOfNames),
  seed: whole,
  runs: Schema.NullOr(positive),
  defects: strings,
  knobs: Schema.Record(Schema.String, knob),
  strategy: Schema.optionalKey(Schema.Literals(STRATEGIES)),
  verifyEvery: whole,
  eventBudget: positive,
});

const event = Schema.declare(
  (value: unknown): value is HistoryEvent =>
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    "at" in value &&
    "host" in value &&
    "cause" in value &&
    "kind" in value,
  { identifier: "an event of a history" },
);

const finding = Schema.Struct({
  kind: Schema.Literals(["violation", "diverged", "endless", "hung", "died", "broken"]),
  index: whole,
  scenario: Schema.String,
  seed: whole,
  property: Schema.String,
  declared: Schema.Boolean,
  at: whole,
  message: Schema.String,
  evidence: Schema.Array(event),
  more: whole,
});

const latency = Schema.Struct({
  runs: whole,
  window: positive,
  until: whole,
  series: Schema.Record(
    Schema.String,
    Schema.mutable(Schema.Array(Schema.Struct({ begun: whole, open: whole, took: countRecord }))),
  ),
  faults: Schema.Record(Schema.String, Schema.mutable(Schema.Array(whole))),
});

const row = Schema.Struct({
  scenario: Schema.String,
  runs: whole,
  held: whole,
  declared: whole,
  failed: whole,
  unrecoverable: whole,
  verified: whole,
  events: whole,
  virtualTime: whole,
  faults: Schema.Record(Schema.String, Schema.Struct({ planned: whole, fired: whole })),
  crashPoints: Schema.Record(Schema.String, Schema.Struct({ passed: whole, before: whole, after: whole })),
  buggify: countRecord,
  goals: countRecord,
  states: countRecord,
  defectsAsked: countRecord,
  properties: Schema.Record(Schema.String, Schema.Struct({ checked: whole, violated: whole })),
  findings: countRecord,
  latency: Schema.optionalKey(latency),
  traces: hash,
});

const summary = Schema.Struct({
  scenarios: Schema.Record(Schema.String, row),
  findings: Schema.mutable(Schema.Array(finding)),
});

const result = Schema.Struct({
  format: expecting(Schema.Literal(1), "1, the only version of this format"),
  kind: expecting(Schema.Literal("campaign"), '"campaign"'),
  versions: Schema.Struct({ seedstorm: Schema.String, node: Schema.String }),
  settings,
  shard: Schema.Struct({ index: positive, of: positive }),
  done: whole,
  complete: Schema.Boolean,
  wallTimeMs: expecting(Schema.Number, "milliseconds", (n) => Number.isFinite(n) && n >= 0),
  notices: strings,
  queued: Schema.optionalKey(expecting(Schema.String, "the name of a campaign on a queue", isCampaignName)),
  summary,
});

const decodeResult = decoder(result);
/** What a block of a campaign is asked for and comes to, on its way over a queue. */
export const decodeSettings = decoder(settings);
export const decodeSummary = decoder(summary);

/** @throws InputError */
export function parseResult(text: string): CampaignResult {
  const decoded = decodeResult(parseJson(text, "a campaign's result"));
  if (!decoded.ok) throw complaint(decoded.path, decoded.message);
  const value = decoded.value as CampaignResult; // just as the schema has it, with counts that can be added to
  const { shard, done, summary } = value;
  if (shard.index > shard.of) throw complaint("shard.index", `there is no shard ${shard.index}/${shard.of}`);
  if (done > runsOf(value.settings, shard)) throw complaint("done", `the shard has no ${done} runs`);
  const counted = Object.values(summary.scenarios).reduce((sum, { runs }) => sum + runs, 0);
  if (counted !== done)
    throw complaint("done", `${done} runs are done, but ${counted} are counted in the summary`);
  return value;
}

/** @throws InputError, its message beginning with the file's name. */
export function readResult(path: string): CampaignResult {
  const text = readText(path);
  return inFile(path, () => parseResult(text));
}

/** @throws InputError when the file can't be written. */
export function writeResult(path: string, campaign: CampaignResult): void {
  writeWhole(path, `${JSON.stringify(campaign)}\n`);
}

function isListOfNames(names: readonly string[]): boolean {
  return names.length > 0 && new Set(names).size === names.length;
}

function complaint(path: string, message: string): InputError {
  return new InputError(path === "" ? message : `${path}: ${message}`);
}
