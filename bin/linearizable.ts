/**
 * `seedstorm linearizable FILE --model NAME`: whether a history from elsewhere is linearizable, and if not, why not.
 */

import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import {
  type Against,
  byObject,
  type CheckResult,
  checkAgainst,
  defineModel,
  type ExplainedContradiction,
  initialProblem,
  longestOrder,
  MODEL_NAMES,
  type ModelDefinition,
  ModelError,
  type ModelName,
  type Operation,
  partitioned,
  readyModel,
  startHint,
} from "../src/check/index.js";
import { type HistoryFile, parseHistoryJson, readHistory } from "../src/explore/index.js";
import type { Json } from "../src/index.js";
import { InputError, printable, shown, sourceName } from "../src/input/index.js";
import { type DrawnObject, historyHtml } from "../src/report/index.js";
import { type ExitCode, firstLine, HARNESS_FAILED, HELD, VIOLATED } from "./exit-codes.js";
import type { Terminal } from "./terminal.js";

export interface LinearizableOptions {
  /** A ready model, or the path of a module that exports one. */
  readonly model: string;
  /** What each object holds at first, as JSON. */
  readonly initial?: string;
  /** Looks at the model; the default when left out. */
  readonly budget?: number;
  /** By the times of the events. */
  readonly sort: boolean;
  /** Print an order that fits. */
  readonly witness: boolean;
  readonly json: boolean;
  /** Where a picture goes. */
  readonly html?: string;
}

/** How many objects without an order are shown in full. */
const SHOWN_OBJECTS = 3;

/** Exit codes: held, violated; and `HARNESS_FAILED` where the budget did not suffice, which is no verdict. */
export async function linearizable(
  path: string,
  options: LinearizableOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const chosen = await chosenModel(options);
  const file = await readHistory(path, chosen.name, { sorted: options.sort });
  const started = terminal.now();
  const operations = asInput(() => chosen.prepare(file.operations));
  const { result, explained } = asInput(() => {
    const how = { moment: file.moment, client: (client: string) => `process ${printable(client)}` };
    const { budget, witness } = options;
    const limits = {
      witness: witness || options.html !== undefined,
      ...(budget === undefined ? {} : { budget }),
    };
    return checkAgainst(chosen.against, operations, how, limits);
  });
  const wallTimeMs = terminal.now() - started;
  const hint =
    chosen.name === undefined ? undefined : startHint(file.operations, result.contradictions, chosen.initial);
  if (options.json) {
    const { contradictions: _, orders, ...counts } = result;
    const object = {
      file: sourceName(path),
      model: options.model,
      ...counts,
      failed: file.failed,
      notes: file.notes,
      ...(hint === undefined ? {} : { hint }),
      wallTimeMs,
      ...(options.witness ? { orders: Object.fromEntries(orders) } : {}),
      contradictions: explained,
    };
    terminal.out([JSON.stringify(object, null, 2)]);
  } else {
    terminal.out([verdictLine(result, file.failed, wallTimeMs), ...file.notes]);
    for (const { heading, proof } of explained.slice(0, SHOWN_OBJECTS))
      terminal.out(["", ...[heading, ...proof].map(printable)]);
    if (explained.length > SHOWN_OBJECTS)
      terminal.out(["", `${explained.length - SHOWN_OBJECTS} more objects are not linearizable either.`]);
    if (hint !== undefined) terminal.out(["", hint]);
    if (result.unknown.length > 0) terminal.out(["", unknownLine(result)]);
    if (result.undecided.length > 0) terminal.out(["", undecidedLine(result)]);
    if (options.witness) terminal.out(witnessLines(result, chosen.against, file));
  }
  if (options.html !== undefined) {
    const { objects, describe } = drawn(chosen, operations, result, explained);
    const verdict = verdictLine(result, file.failed, wallTimeMs);
    const held = result.verdict === "linearizable";
    const { notes, moment } = file;
    terminal.write(
      options.html,
      historyHtml({ file: sourceName(path), verdict, held, notes, objects, describe, moment }),
    );
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

/** Objects that a page draws. */
const DRAWN = 8;

/** What a page draws: the objects without an order, or else the first ones with theirs. */
function drawn(
  { against: { model, noun } }: Chosen,
  operations: readonly Operation[],
  { contradictions, orders }: CheckResult,
  explained: readonly ExplainedContradiction[],
): { readonly objects: readonly DrawnObject[]; readonly describe: (operation: Operation) => string } {
  const describe = (operation: Operation): string => printable(model.describe(operation));
  const objects = byObject(operations);
  const title = (object: string): string => `${noun}${object === "" ? "" : ` ${shown(object)}`}`;
  if (contradictions.length === 0) {
    const first = [...orders].slice(0, DRAWN);
    const held = first.map(([object, order]): DrawnObject => {
      const steps = order.map((operation) => ({ operation, after: "" }));
      return { title: title(object), operations: objects.get(object) ?? [], order: steps };
    });
    return { objects: held, describe };
  }
  const stuck = contradictions.slice(0, DRAWN).map((contradiction, i): DrawnObject => {
    const { object, culprit } = contradiction;
    const own = objects.get(object) ?? [];
    const { order, state, alternatives } = longestOrder(model, own, contradiction);
    const name = noun.slice(0, 1).toLowerCase() + noun.slice(1);
    const proof =
      explained[i] === undefined ? [] : [explained[i].heading, ...explained[i].proof].map(printable);
    return {
      title: title(object),
      operations: own,
      order,
      stuck: { culprit, state: `${name} ${state}`, alternatives, proof },
    };
  });
  return { objects: stuck, describe };
}

interface Chosen {
  /** Undefined for a model of one's own. */
  readonly name: ModelName | undefined;
  readonly against: Against;
  readonly initial: Json | undefined;
  readonly prepare: (operations: readonly Operation[]) => readonly Operation[];
}

async function chosenModel({ model, initial }: LinearizableOptions): Promise<Chosen> {
  const value = initial === undefined ? undefined : initialValue(initial);
  const name = MODEL_NAMES.find((known) => known === model);
  if (name !== undefined) {
    const problem = initialProblem(name, value);
    if (problem !== undefined) throw new InputError(`--initial: ${problem}`);
    return { name, against: readyModel(name, value), initial: value, prepare: (operations) => operations };
  }
  if (!/[./\\]/.test(model)) {
    throw new InputError(
      `--model: expected one of ${MODEL_NAMES.join(", ")}, or the path of a module with a model, got ${shown(model)}`,
    );
  }
  if (value !== undefined)
    throw new InputError(
      "--initial: a model from a module has an initial state of its own; leave --initial out",
    );
  const definition = await ownModel(model);
  const own = asInput(() => defineModel(definition));
  const noun = `The ${own.name}`;
  return {
    name: undefined,
    against: { model: own, noun },
    initial: undefined,
    prepare: (operations) => partitioned(definition, operations),
  };
}

function initialValue(text: string): Json {
  try {
    return parseHistoryJson(text);
  } catch {
    throw new InputError(`--initial: expected a value as JSON (a text in double quotes), got ${shown(text)}`);
  }
}

/** What a module exports as `model`, or as its default. */
async function ownModel(path: string): Promise<ModelDefinition> {
  let module: Readonly<Record<string, unknown>>;
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw new InputError(`--model: ${printable(path)} can't be loaded: ${printable(firstLine(error))}`);
  }
  const definition = module.model ?? module.default;
  if (typeof definition !== "object" || definition === null) {
    throw new InputError(
      `--model: ${printable(path)} exports no model: expected \`model\` or a default with init and step`,
    );
  }
  return definition as ModelDefinition; // what it lacks is said by `defineModel`
}

/** A model of one's own that fails is an input that can't be used. */
function asInput<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ModelError) throw new InputError(printable(error.message));
    throw error;
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

const MOST_NAMES = 8;

function names(objects: readonly string[]): string {
  const first = objects.slice(0, MOST_NAMES).map((name) => (name === "" ? "the object" : shown(name)));
  return `${first.join(", ")}${objects.length > MOST_NAMES ? ` and ${objects.length - MOST_NAMES} more` : ""}`;
}

const unknownLine = ({ unknown }: CheckResult): string => `No verdict for ${names(unknown)}: raise --budget.`;

const undecidedLine = ({ undecided }: CheckResult): string =>
  `Not decided, since this is enough: ${names(undecided)}.`;

/** An order for each object that has one. */
function witnessLines(
  { orders, unknown }: CheckResult,
  { model, noun }: Against,
  file: HistoryFile,
): string[] {
  const lines: string[] = [];
  for (const [object, order] of orders) {
    lines.push("", `${noun}${object === "" ? "" : ` ${shown(object)}`} in an order that fits:`);
    order.forEach((operation, index) => {
      lines.push(
        `  ${String(index + 1).padStart(String(order.length).length)}  ${model.describe(operation)}   [process ${operation.client}, asked ${file.moment(operation.call)}]`,
      );
    });
  }
  if (lines.length === 0 && unknown.length === 0)
    lines.push("", "No order was worked out: accounting decided.");
  return lines.map(printable);
}
