/**
 * What is written on a line of a history file: somebody asks, or is answered. Three ways of writing it are known and may
 * be told apart by how a line begins: JSON, EDN maps (`{:process 0, :type :invoke, …}`), and the log lines of
 * Jepsen's clients (`INFO jepsen.util - 0 :invoke :read nil`).
 */
import type { Json } from "../../sim/plan.js";
import { parseEdn } from "./edn.js";
import { InputError, shown } from "./input-error.js";

export interface HistoryLine {
  readonly process: string;
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly f: string;
  readonly value: Json;
  /** The object; undefined when the line names none. */
  readonly key: string | undefined;
  /** A refusal that tells something: a compare-and-set that failed because it compared. */
  readonly tells: boolean;
}

const TYPES = ["invoke", "ok", "fail", "info"] as const;
const LOG_LINE = /^INFO\s+jepsen\.util\s+-\s+(\S+)\s+:(invoke|ok|fail|info)\s+:([\w-]+)(?:\s+(.*))?$/;

/** Undefined for a line that is no part of the history: an empty one, or somebody else's in a log. @throws InputError */
export function parseHistoryLine(text: string): HistoryLine | undefined {
  const line = text.trim().replace(/^#[\w.]{1,60}(?=\{)/, ""); // a record's type
  if (line === "" || line.startsWith(";")) return undefined;
  if (!line.startsWith("{")) return logLine(line);
  return entryOf(/^\{\s*["}]/.test(line) ? parseJsonLine(line) : parseEdn(line));
}

function parseJsonLine(line: string): Json {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new InputError("expected one event as JSON on one line, and this is not JSON");
  }
  return value as Json; // what JSON gives
}

function logLine(line: string): HistoryLine | undefined {
  const parts = LOG_LINE.exec(line);
  if (parts === null) {
    if (/^(TRACE|DEBUG|INFO|WARN|ERROR)\b/.test(line)) return undefined;
    throw new InputError("expected an event as JSON, as EDN or as a line of a Jepsen log");
  }
  const [, process = "", type = "", f = "", rest = ""] = parts;
  const value = rest === "" || rest.startsWith(":") ? null : parseEdn(rest);
  const tells = type === "fail" && f === "cas" && !rest.startsWith(":");
  return { process, type: typeOf(type), f, value, key: undefined, tells };
}

function entryOf(data: Json): HistoryLine {
  if (typeof data !== "object" || data === null || Array.isArray(data)) {
    throw new InputError(`expected an event, got ${shown(data)}`);
  }
  const { process, type, f, value, key } = data as { readonly [name: string]: Json | undefined };
  if (typeof process !== "string" && typeof process !== "number") {
    throw new InputError(`process: expected a number or a name, got ${shown(process)}`);
  }
  if (typeof f !== "string") throw new InputError(`f: expected the name of an operation, got ${shown(f)}`);
  if (depthOf(value ?? null) > DEEPEST)
    throw new InputError(`value: expected no more than ${DEEPEST} levels`);
  const object =
    key === undefined || key === null ? undefined : typeof key === "string" ? key : JSON.stringify(key);
  return { process: String(process), type: typeOf(type), f, value: value ?? null, key: object, tells: false };
}

function typeOf(type: unknown): HistoryLine["type"] {
  const known = TYPES.find((name) => name === type);
  if (known === undefined)
    throw new InputError(`type: expected one of ${TYPES.join(", ")}, got ${shown(type)}`);
  return known;
}

const DEEPEST = 32;

function depthOf(value: Json, above = 0): number {
  if (typeof value !== "object" || value === null || above > DEEPEST) return above;
  let deepest = above + 1;
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item as Json, above + 1));
  return deepest;
}
