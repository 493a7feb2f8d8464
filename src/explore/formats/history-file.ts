/**
 * Histories from elsewhere, made into operations that a model can judge.
 *
 * What failed did certainly not happen and is left out; what ended as `info`, or not at all, stays open. What was given
 * and what was returned are kept apart: only operations that return something have a value for an answer. A history that
 * is not about such an object is refused with its line and with what was expected.
 */
import { MODEL_NAMES, type ModelName, verbsOf } from "../../check/linearizability/models/index.js";
import { anything, done, nothing, something, type Verb } from "../../check/linearizability/models/verbs.js";
import { OPEN, type Operation } from "../../check/linearizability/operation.js";
import { exoticOf, shownJson } from "../../check/values.js";
import type { Json } from "../../sim/plan.js";
import { nameOf } from "./history-lines.js";
import { InputError, shown } from "./input-error.js";
import {
  parseRawHistory,
  type RawHistory,
  type RawOperation,
  type ReadingOptions,
  readRawHistory,
} from "./raw-history.js";

export interface HistoryFile {
  /** In the order of their calls. */
  readonly operations: readonly Operation[];
  /** How many operations failed and were left out. */
  readonly failed: number;
  /** How the file was read, where that is not plain. */
  readonly notes: readonly string[];
  /** A position for people: `in line 17`. */
  readonly moment: (position: number) => string;
}

/** @param model undefined for a model of one's own, which knows its operations itself. @throws InputError */
export async function readHistory(
  path: string,
  model: ModelName | undefined,
  options: ReadingOptions = {},
): Promise<HistoryFile> {
  return meaningOf(await readRawHistory(path, options), model);
}

/**
 * @param fileName what complaints begin with.
 * @throws InputError
 */
export function parseHistory(
  text: string,
  fileName: string,
  model: ModelName | undefined,
  options: ReadingOptions = {},
): HistoryFile {
  return meaningOf(parseRawHistory(text, fileName, options), model);
}

function meaningOf(raw: RawHistory, model: ModelName | undefined): HistoryFile {
  const reading = new Reading(raw, model);
  const operations: Operation[] = [];
  let failed = 0;
  for (const each of raw.operations) {
    if (each.end === "fail" && !each.tells) {
      failed++;
      reading.verb(each);
    } else operations.push(...reading.operations(each));
  }
  return { operations, failed, notes: raw.notes, moment: raw.moment };
}

/** How the objects of a history are named. */
type Naming =
  /** There is one only. */
  | "none"
  /** In a field of their own. */
  | "key"
  /** As `[key, value]`. */
  | "pairs";

class Reading {
  readonly #raw: RawHistory;
  readonly #model: ModelName | undefined;
  readonly #verbs: Readonly<Record<string, Verb>> | undefined;
  readonly #naming: Naming;
  /** An operation that shows how objects are named. */
  #example: RawOperation | undefined;

  constructor(raw: RawHistory, model: ModelName | undefined) {
    this.#raw = raw;
    this.#model = model;
    this.#verbs = model === undefined ? undefined : verbsOf(model);
    this.#naming = this.#namingOf(raw.operations);
  }

  /** What is known under the name in the file. */
  verb(operation: RawOperation): Verb | undefined {
    if (this.#verbs === undefined) return undefined;
    const { f } = operation;
    const verb = Object.hasOwn(this.#verbs, f) ? this.#verbs[f] : undefined;
    if (verb !== undefined) return verb;
    const others = MODEL_NAMES.filter((name) => Object.hasOwn(verbsOf(name), f));
    const hint = others.length === 0 ? "" : `; models that know it: ${others.join(", ")}`;
    throw this.#problem(
      operation.call,
      `f: expected one of ${Object.keys(this.#verbs).join(", ")} for model ${this.#model}, got ${shown(f)}${hint}`,
    );
  }

  operations(raw: RawOperation): Operation[] {
    const verb = this.verb(raw);
    const { object, value } = this.#parts(raw);
    const { client, call } = raw;
    const answered = raw.end === "ok" || raw.tells;
    const ret = answered ? raw.ret : OPEN;
    const f = verb?.f ?? raw.f;
    const input = verb === undefined ? value : this.#shaped(verb.takes, value, raw, "for");
    const output = answered ? this.#answer(raw, verb, object) : undefined;
    if (f === "drain" && this.#model !== undefined)
      return this.#drained(raw, { client, object, call, ret }, output);
    return [{ client, object, f, input, output, call, ret }];
  }

  /** A dequeue for each item that it took out. */
  #drained(
    raw: RawOperation,
    own: Pick<Operation, "client" | "object" | "call" | "ret">,
    items: Json | undefined,
  ): Operation[] {
    if (!Array.isArray(items)) {
      throw this.#problem(
        raw.call,
        "a drain that was never answered may have taken out anything, so this history can't be judged",
      );
    }
    return items.map((item: Json) => {
      const output = something.read(item);
      if (output === undefined)
        throw this.#problem(raw.ret, "value: expected what was drained, got null in it");
      return { ...own, f: "dequeue", input: null, output };
    });
  }

  #answer(raw: RawOperation, verb: Verb | undefined, object: string): Json {
    if (raw.tells) return false;
    const answer = raw.answer ?? null;
    let value = answer;
    const pair = this.#naming === "pairs" ? tupleOf(answer) : undefined;
    if (pair !== undefined) {
      if (verb?.gives !== done && keyText(pair[0]) !== object) {
        throw this.#problem(raw.ret, `key: expected ${object}, as it was asked, got ${keyText(pair[0])}`);
      }
      value = pair[1];
    }
    if (verb === undefined) return value;
    if (pair === undefined && this.#naming === "pairs" && verb.gives === anything) {
      throw this.#problem(
        raw.ret,
        `value: expected [key, value] as in line ${this.#line(this.#example)}, got ${shownJson(answer)}`,
      );
    }
    return this.#shaped(verb.gives, value, raw, "as an answer to");
  }

  #shaped(shape: Verb["takes"], value: Json, raw: RawOperation, role: "for" | "as an answer to"): Json {
    const read = shape.read(value);
    if (read !== undefined) return read;
    const position = role === "for" ? raw.call : raw.ret;
    throw this.#problem(position, `value: expected ${shape.text} ${role} ${raw.f}, got ${shownJson(value)}`);
  }

  #parts(raw: RawOperation): { readonly object: string; readonly value: Json } {
    switch (this.#naming) {
      case "none":
        return { object: "", value: raw.asked };
      case "key":
        if (raw.key !== undefined) return { object: keyText(raw.key), value: raw.asked };
        throw this.#problem(
          raw.call,
          `key: expected the key that it is about, as in line ${this.#line(this.#example)}`,
        );
      case "pairs": {
        const pair = tupleOf(raw.asked);
        if (pair !== undefined) return { object: keyText(pair[0]), value: pair[1] };
        throw this.#problem(
          raw.call,
          this.#example === undefined
            ? "key: expected the key that it is about, or a value [key, value]"
            : `value: expected [key, value] as in line ${this.#line(this.#example)}, got ${shownJson(raw.asked)}`,
        );
      }
    }
  }

  #namingOf(operations: readonly RawOperation[]): Naming {
    this.#example = operations.find(({ key }) => key !== undefined);
    if (this.#example !== undefined) return "key";
    if (this.#model === "kv") return "pairs";
    // Who reads `[key, nil]` names a key: a read of one object only is asked nothing.
    this.#example = operations.find((operation) => {
      if (exoticOf("tag", operation.asked) !== undefined && tupleOf(operation.asked) !== undefined)
        return true;
      const takesNothing = this.#verbs?.[operation.f]?.takes === nothing;
      const pair = Array.isArray(operation.asked) ? tupleOf(operation.asked) : undefined;
      return takesNothing && pair !== undefined && pair[1] === null;
    });
    return this.#example === undefined ? "none" : "pairs";
  }

  #line = (operation: RawOperation | undefined): number =>
    operation === undefined ? 0 : this.#raw.lineOf(operation.call);

  #problem(position: number, sentence: string): InputError {
    return new InputError(`${this.#raw.fileName}:${this.#raw.lineOf(position)}: ${sentence}`);
  }
}

/** `[key, value]`, also as Jepsen tags it. */
function tupleOf(value: Json): readonly [Json, Json] | undefined {
  const tagged = exoticOf("tag", value);
  const pair = Array.isArray(tagged) ? (tagged[1] as Json) : value;
  if (!Array.isArray(pair) || pair.length !== 2) return undefined;
  return [(pair[0] ?? null) as Json, (pair[1] ?? null) as Json];
}

const keyText = (key: Json): string => (typeof key === "string" ? key : (nameOf(key) ?? shownJson(key)));
