/**
 * The corpus: repro files of failures that were fixed, replayed before anything else so that none of them comes back. Each
 * must hold now. A file that can't be read is a failure of its own, and ends nothing.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { Plan } from "../../sim/plan.js";
import type { Scenario } from "../../storm/scenario.js";
import { InputError, printable } from "../formats/input-error.js";
import { parseJson } from "../formats/json-text.js";
import { fileProblem, readText } from "../formats/read-file.js";
import { readRepro } from "../formats/repro-file.js";
import type { PlanViolation } from "../runs/run-plan.js";
import { runPlans } from "../runs/run-plans.js";
import type { Runner } from "../runs/runner.js";
import { DEFAULT_EVENT_BUDGET } from "./settings.js";

export interface CorpusEntry {
  readonly file: string;
  /** Undefined when the file can't be read. */
  readonly plan: Plan | undefined;
  readonly verdict: "held" | "violated" | "unreadable";
  /** What went wrong, in one sentence; empty when it held. */
  readonly message: string;
  /** The violation that counts. */
  readonly violation: PlanViolation | undefined;
}

/** The files of a corpus, in the order of their names; none where there is no such folder. @throws InputError */
export function corpusFiles(folder: string): string[] {
  if (!existsSync(folder)) return [];
  try {
    const names = readdirSync(folder).filter((name) => name.endsWith(".json"));
    return names.sort().map((name) => join(folder, name));
  } catch (error) {
    throw new InputError(`cannot read ${printable(folder)}: ${fileProblem(error)}`);
  }
}

/** Files of the corpus by whether their scenario is one of those that are loaded. What can't be read is for the replay to tell. */
export function partedBy(
  scenarios: readonly Scenario[],
  files: readonly string[],
): { readonly files: readonly string[]; readonly skipped: readonly string[] } {
  const isForeign = (file: string): boolean => {
    const id = scenarioNamedIn(file);
    return id !== undefined && !scenarios.some((scenario) => scenario.id === id);
  };
  const skipped = files.filter(isForeign);
  return { files: files.filter((file) => !skipped.includes(file)), skipped };
}

/** The scenario that a plan or a repro file names; undefined when it names none. */
function scenarioNamedIn(file: string): string | undefined {
  let data: unknown;
  try {
    data = parseJson(readText(file), "a repro file");
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
  const plan = isRecord(data) && isRecord(data.plan) ? data.plan : data;
  return isRecord(plan) && typeof plan.scenario === "string" ? plan.scenario : undefined;
}

const isRecord = (data: unknown): data is { readonly [key: string]: unknown } =>
  typeof data === "object" && data !== null;

/** Replays all files, on as many threads as the pool has. Entries come in the order of the files. */
export async function replayCorpus(
  files: readonly string[],
  scenarios: readonly Scenario[],
  pool: Runner,
  onEntry: (entry: CorpusEntry) => void,
): Promise<CorpusEntry[]> {
  const entries = files.map((file) => read(file, scenarios));
  const readable = entries.flatMap((entry, index) =>
    entry.plan === undefined ? [] : [{ index, plan: entry.plan }],
  );
  const plans = readable.map(({ plan }) => plan);
  let reported = 0;
  const tellUpTo = (end: number): void => {
    for (; reported < end; reported++) onEntry(entries[reported] as CorpusEntry); // below the length
  };
  await runPlans(pool, plans, { eventBudget: DEFAULT_EVENT_BUDGET }, ({ violations }, position) => {
    const { index, plan } = readable[position] as { readonly index: number; readonly plan: Plan }; // one for each plan
    const declared = scenarios.find(({ id }) => id === plan.scenario)?.expectedViolations ?? [];
    const violation = violations.find(({ property }) => !declared.includes(property));
    const entry = entries[index] as CorpusEntry; // the index of an entry
    if (violation !== undefined) {
      entries[index] = { ...entry, verdict: "violated", message: violation.message, violation };
    }
    tellUpTo(index + 1);
    return true;
  });
  tellUpTo(entries.length);
  return entries;
}

function read(file: string, scenarios: readonly Scenario[]): CorpusEntry {
  try {
    const { plan } = readRepro(file, scenarios);
    return { file, plan, verdict: "held", message: "", violation: undefined };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { file, plan: undefined, verdict: "unreadable", message: error.message, violation: undefined };
  }
}
