/**
 * Histories from elsewhere: files with an event on each line, made into operations that can be checked.
 *
 * A process asks one thing at a time. What failed did certainly not happen and is left out; what ended as `info`, or
 * not at all, stays open. The lines of a nemesis are passed over. A line that can't be understood is named with its
 * number and with what was expected.
 */
import type { ModelName } from "../../check/linearizability/models/index.js";
import { OPEN, type Operation } from "../../check/linearizability/operation.js";
import type { Json } from "../../sim/plan.js";
import { type HistoryLine, parseHistoryLine } from "./history-lines.js";
import { InputError, printable, shown } from "./input-error.js";
import { readText } from "./read-file.js";

export interface HistoryFile {
  /** In the order of their calls. Positions are line numbers. */
  readonly operations: readonly Operation[];
  /** How many operations failed and were left out. */
  readonly failed: number;
}

/** What a model's operations are called, those of other tools included, and which of them are answered with a value. */
const VERBS: Readonly<Record<ModelName, Readonly<Record<string, string>>>> = {
  register: { read: "read", write: "write" },
  "cas-register": { read: "read", write: "write", cas: "cas" },
  queue: { enqueue: "enqueue", dequeue: "dequeue" },
  lock: { acquire: "acquire", lock: "acquire", release: "release", unlock: "release" },
  kv: {
    get: "get",
    read: "get",
    put: "put",
    write: "put",
    append: "append",
    cas: "cas",
    delete: "delete",
  },
};
const ANSWERED_WITH_A_VALUE: ReadonlySet<string> = new Set(["read", "get", "dequeue"]);
const WITHOUT_ARGUMENT: ReadonlySet<string> = new Set([
  ...ANSWERED_WITH_A_VALUE,
  "acquire",
  "release",
  "delete",
]);

/** @throws InputError */
export function readHistory(path: string, model: ModelName): HistoryFile {
  return parseHistory(readText(path), printable(path), model);
}

/**
 * @param fileName what complaints begin with.
 * @throws InputError
 */
export function parseHistory(text: string, fileName: string, model: ModelName): HistoryFile {
  const gathered = new Gathered(model);
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    try {
      const entry = parseHistoryLine(line);
      if (entry !== undefined) gathered.take(entry, number);
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`${fileName}:${number}: ${error.message}`);
      throw error;
    }
  }
  if (gathered.events === 0) throw new InputError(`${fileName}: no event in it`);
  return gathered.file();
}

interface Asked {
  readonly client: string;
  readonly object: string;
  readonly f: string;
  readonly input: Json;
  readonly call: number;
  /** Its values are written as `[key, value]`. */
  readonly paired: boolean;
  ret: number;
  output: Json | undefined;
  failed: boolean;
}

class Gathered {
  events = 0;
  readonly #model: ModelName;
  readonly #asked: Asked[] = [];
  readonly #open = new Map<string, Asked>();

  constructor(model: ModelName) {
    this.#model = model;
  }

  take(line: HistoryLine, number: number): void {
    if (/^:?nemesis$/.test(line.process)) return;
    this.events++;
    const open = this.#open.get(line.process);
    if (line.type === "invoke") {
      if (open !== undefined) {
        throw new InputError(
          `process ${printable(line.process)} asks again before it was answered what it asked in line ${open.call}`,
        );
      }
      const asked = this.#asking(line, number);
      this.#asked.push(asked);
      this.#open.set(line.process, asked);
      return;
    }
    if (open === undefined) {
      if (line.type === "info") return; // somebody who is no client tells something
      throw new InputError(`process ${printable(line.process)} is answered, and has asked nothing`);
    }
    const f = this.#verb(line.f);
    if (f !== open.f) {
      throw new InputError(`expected an answer to ${open.f}, asked in line ${open.call}, got one to ${f}`);
    }
    this.#open.delete(line.process);
    if (line.type === "info") return;
    if (line.type === "fail" && !line.tells) {
      open.failed = true;
      return;
    }
    open.ret = number;
    open.output = this.#answer(line, open);
  }

  file(): HistoryFile {
    const operations = this.#asked.filter(({ failed }) => !failed);
    return {
      operations: operations.map(({ failed: _, paired: __, ...operation }) => operation),
      failed: this.#asked.length - operations.length,
    };
  }

  #asking(line: HistoryLine, number: number): Asked {
    const f = this.#verb(line.f);
    const paired = line.key === undefined && this.#model === "kv";
    const { object, value } = paired ? pairOf(line.value) : { object: line.key ?? "", value: line.value };
    if (f === "cas" && !(Array.isArray(value) && value.length === 2)) {
      throw new InputError(`value: expected [old, new] for cas, got ${shown(value)}`);
    }
    if (f === "append" && typeof value !== "string") {
      throw new InputError(`value: expected a text to append, got ${shown(value)}`);
    }
    if (f === "enqueue" && value === null)
      throw new InputError("value: expected what is enqueued, got nothing");
    const input = WITHOUT_ARGUMENT.has(f) ? null : value;
    return {
      client: line.process,
      object,
      f,
      input,
      paired,
      call: number,
      ret: OPEN,
      output: undefined,
      failed: false,
    };
  }

  #answer(line: HistoryLine, { f, object, paired }: Asked): Json {
    if (line.tells) return false;
    if (line.key !== undefined && line.key !== object) {
      throw new InputError(`key: expected ${shown(object)}, as it was asked, got ${shown(line.key)}`);
    }
    if (!ANSWERED_WITH_A_VALUE.has(f)) return line.value !== false;
    return paired ? pairOf(line.value).value : line.value;
  }

  #verb(f: string): string {
    const verbs = VERBS[this.#model];
    const verb = Object.hasOwn(verbs, f) ? verbs[f] : undefined;
    if (verb !== undefined) return verb;
    throw new InputError(
      `f: expected one of ${Object.keys(verbs).join(", ")} for model ${this.#model}, got ${shown(f)}`,
    );
  }
}

/** A value `[key, value]`, as key-value histories have it where a line names no key. */
function pairOf(value: Json): { readonly object: string; readonly value: Json } {
  if (!Array.isArray(value) || value.length !== 2) {
    throw new InputError("key: expected the key that it is about, or a value [key, value]");
  }
  const [object = null, own = null]: readonly Json[] = value;
  return { object: typeof object === "string" ? object : JSON.stringify(object), value: own };
}
