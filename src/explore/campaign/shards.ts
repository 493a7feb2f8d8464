/**
 * A campaign in shards: how they are named, and how their results become one.
 *
 * Shards of other versions or of another campaign are refused, and so is the same shard twice; shards that
 * are missing, and those that ended early, are gaps, and are reported. Without gaps the sum is what the whole
 * campaign would have come to, field by field, except for times.
 */
import { isDeepStrictEqual } from "node:util";
import { InputError, listed, printable, shown } from "../formats/input-error.js";
import type { CampaignResult } from "./campaign.js";
import { runsOf, type Shard, WHOLE } from "./settings.js";
import { addSummary, emptySummary, inOrder } from "./summary.js";

const MOST_SHARDS = 10_000;

/** `3/8` as people write it. @throws InputError */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,6})\/(\d{1,6})$/.exec(text);
  const index = Number(match?.[1]);
  const of = Number(match?.[2]);
  if (match !== null && index >= 1 && index <= of && of <= MOST_SHARDS) return { index, of };
  throw new InputError(
    `expected a shard as INDEX/COUNT with an index from 1 to the count, at most ${MOST_SHARDS}, got ${shown(text)}`,
  );
}

export function shardName({ index, of }: Shard): string {
  return `${index}/${of}`;
}

/** A result and the file that it came in. */
export interface NamedResult {
  readonly file: string;
  readonly result: CampaignResult;
}

export interface Merged {
  readonly result: CampaignResult;
  /** What is missing for the whole campaign, a sentence each. */
  readonly gaps: readonly string[];
}

/** @throws InputError when they don't belong together. */
export function mergeShards(shards: readonly NamedResult[]): Merged {
  const [first] = shards;
  if (first === undefined) throw new InputError("there is nothing to merge");
  const byIndex = new Map<number, NamedResult>();
  for (const shard of shards) {
    refuseStranger(first, shard);
    const same = byIndex.get(shard.result.shard.index);
    if (same !== undefined) {
      throw new InputError(
        `${printable(same.file)} and ${printable(shard.file)} are both shard ${shardName(shard.result.shard)}: their runs would count twice`,
      );
    }
    byIndex.set(shard.result.shard.index, shard);
  }
  const inTurn = [...byIndex.values()].sort((a, b) => a.result.shard.index - b.result.shard.index);
  const gaps = [...missing(first.result.shard.of, byIndex), ...inTurn.flatMap(unfinished)];
  return { result: sum(inTurn, first.result, gaps.length === 0), gaps };
}

function refuseStranger(first: NamedResult, other: NamedResult): void {
  const [a, b] = [first.result, other.result];
  const refuse = (what: string): never => {
    throw new InputError(`${printable(other.file)} does not belong with ${printable(first.file)}: ${what}`);
  };
  for (const product of ["seedstorm", "node"] as const) {
    const [mine, theirs] = [a.versions[product], b.versions[product]];
    if (mine !== theirs)
      refuse(`it was made by ${product} ${printable(theirs)} and the other by ${product} ${printable(mine)}`);
  }
  const names = Object.keys({ ...a.settings, ...b.settings }) as (keyof typeof a.settings)[];
  const different = names.filter((name) => !isDeepStrictEqual(a.settings[name], b.settings[name]));
  if (different.length > 0) refuse(`it is of another campaign (other ${different.join(", ")})`);
  if (a.shard.of !== b.shard.of)
    refuse(`it is one of ${b.shard.of} shards and the other one of ${a.shard.of}`);
}

function missing(of: number, byIndex: ReadonlyMap<number, NamedResult>): string[] {
  const names: string[] = [];
  for (let index = 1; index <= of; index++) {
    if (!byIndex.has(index)) names.push(shardName({ index, of }));
  }
  if (names.length === 0) return [];
  return [
    `${names.length === 1 ? "shard" : "shards"} ${listed(names)} ${names.length === 1 ? "is" : "are"} missing`,
  ];
}

function unfinished({ file, result }: NamedResult): string[] {
  if (result.complete) return [];
  const total = runsOf(result.settings, result.shard);
  const of = Number.isFinite(total) ? ` of ${total}` : "";
  return [
    `shard ${shardName(result.shard)} (${printable(file)}) ended after ${result.done}${of} runs: check --resume ${printable(file)} goes on`,
  ];
}

function sum(shards: readonly NamedResult[], first: CampaignResult, complete: boolean): CampaignResult {
  const summary = emptySummary();
  for (const { result } of shards) addSummary(summary, result.summary);
  return {
    format: 1,
    kind: "campaign",
    versions: first.versions,
    settings: first.settings,
    shard: WHOLE,
    done: shards.reduce((runs, { result }) => runs + result.done, 0),
    complete,
    wallTimeMs: shards.reduce((ms, { result }) => ms + result.wallTimeMs, 0),
    notices: shards.flatMap(({ result }) => result.notices),
    summary: inOrder(summary, first.settings.scenarios),
  };
}
