/**
 * `seedstorm linearizable FILE --model NAME`: whether a history from elsewhere has an order, and if not, why not.
 */

import { checkAgainst } from "../src/check/index.js";
import { type CheckResult, DEFAULT_BUDGET } from "../src/check/linearizability/check.js";
import { MODEL_NAMES, type ModelName } from "../src/check/linearizability/models/index.js";
import { readHistory } from "../src/explore/formats/history-file.js";
import { InputError, printable, shown } from "../src/explore/formats/input-error.js";
import { type ExitCode, HARNESS_FAILED, HELD, VIOLATED } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

export interface LinearizableOptions {
  readonly model: string;
  /** Looks at the model; the default when left out. */
  readonly budget?: number;
  readonly json: boolean;
}

/** Objects without an order that are told in full. */
const TOLD = 3;

/** Exit codes: held, violated; and `HARNESS_FAILED` where the budget did not suffice, which is no verdict. */
export function linearizable(path: string, options: LinearizableOptions, terminal: Terminal): ExitCode {
  const model = modelNamed(options.model);
  const { operations, failed } = readHistory(path, model);
  const started = terminal.now();
  const { result, told } = checkAgainst(model, operations, options.budget ?? DEFAULT_BUDGET, {
    moment: (position) => `in line ${position}`,
    client: (client) => `process ${printable(client)}`,
  });
  const wallTimeMs = terminal.now() - started;
  if (options.json) {
    const { contradictions: _, ...counts } = result;
    const object = { file: path, model, ...counts, failed, wallTimeMs, contradictions: told };
    terminal.out([JSON.stringify(object, null, 2)]);
  } else {
    terminal.out([`${verdictLine(result, failed, wallTimeMs)}`]);
    for (const { heading, proof } of told.slice(0, TOLD))
      terminal.out(["", ...[heading, ...proof].map(printable)]);
    if (told.length > TOLD) terminal.out(["", `${told.length - TOLD} more objects have no order either.`]);
    if (result.unknown.length > 0) terminal.out(["", unknownLine(result)]);
  }
  switch (result.verdict) {
    case "linearizable":
      return HELD;
    case "not-linearizable":
      return VIOLATED;
    case "unknown":
      return HARNESS_FAILED;
  }
}

function verdictLine(
  { verdict, operations, objects, open, steps }: CheckResult,
  failed: number,
  ms: number,
): string {
  const verdicts = {
    linearizable: "linearizable",
    "not-linearizable": "not linearizable",
    unknown: "unknown: the budget did not suffice",
  } as const;
  const parts = [
    `${operations} operations`,
    ...(objects > 1 ? [`${objects} objects`] : []),
    ...(open > 0 ? [`${open} never answered`] : []),
    ...(failed > 0 ? [`${failed} failed and left out`] : []),
    `${steps} steps`,
    `${ms.toFixed(0)} ms`,
  ];
  return `${verdicts[verdict]} · ${parts.join(" · ")}`;
}

function unknownLine({ unknown }: CheckResult): string {
  const names = unknown.map((name) => (name === "" ? "the object" : shown(name)));
  return `No verdict for ${names.slice(0, 8).join(", ")}${names.length > 8 ? ` and ${names.length - 8} more` : ""}: raise --budget.`;
}

function modelNamed(name: string): ModelName {
  const model = MODEL_NAMES.find((known) => known === name);
  if (model !== undefined) return model;
  throw new InputError(`--model: expected one of ${MODEL_NAMES.join(", ")}, got ${shown(name)}`);
}
