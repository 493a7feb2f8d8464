/**
 * Budget files: how many runs of a block each defect may take, by its id. A kill table writes one, with room for a
 * slow day; CI reads it back with one block for each defect, so that a storm which has gone blind is noticed within a minute.
 */
import * as Schema from "@effect/schema/Schema";
import { SEEDS_OF_A_BLOCK } from "../campaign/settings.js";
import { decoder, expecting } from "../formats/decode.js";
import { InputError } from "../formats/input-error.js";
import { parseJson } from "../formats/json-text.js";
import { inFile, readText } from "../formats/read-file.js";
import type { DefectResult } from "./defects.js";

/** Other seeds are luckier or less so: a block may take twice what the slowest took, and this many runs more. */
const ROOM = 20;

const budget = expecting(
  Schema.Number,
  `a number of runs from 1 to ${SEEDS_OF_A_BLOCK}`,
  (n) => Number.isSafeInteger(n) && n >= 1 && n <= SEEDS_OF_A_BLOCK,
);
const decode = decoder(Schema.Record(Schema.String, budget));

/** @throws InputError when the file can't be read or is no such file. */
export function readBudgets(path: string): ReadonlyMap<string, number> {
  const text = readText(path);
  return inFile(path, () => {
    const decoded = decode(parseJson(text, "a file of budgets"));
    if (!decoded.ok)
      throw new InputError(decoded.path === "" ? decoded.message : `${decoded.path}: ${decoded.message}`);
    return new Map(Object.entries(decoded.value));
  });
}

/** The budgets that a table's blocks suggest, as a file has them: in the order of the table, the same for the same runs. */
export function budgetText(results: readonly DefectResult[]): string {
  const budgets = results.map(({ planting, blocks }) => {
    const slowest = blocks.reduce((most, { runs }) => Math.max(most, runs), 0);
    return [planting.defect.id, Math.min(2 * slowest + ROOM, SEEDS_OF_A_BLOCK)] as const;
  });
  return JSON.stringify(Object.fromEntries(budgets), null, 2);
}
