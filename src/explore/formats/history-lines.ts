/**
 * One event of a history as it stands in a file: somebody asks or is answered, or an operation with both of its moments. Known
 * are maps of JSON and EDN (`{:process 0, :type :invoke, …}`), the lines of a Jepsen log of any age, Knossos' `history.txt` (`0 :invoke :read
 * nil`), records with a call and a return as Porcupine has them, and the histories of drills, of which clients' events count.
 */
import { exactNumber, exoticOf, shownJson } from "../../check/values.js";
import type { Json } from "../../sim/plan.js";
import { parseEdn, parseFirstEdn } from "./edn.js";
import { parseHistoryJson } from "./history-json.js";
import { InputError, shown } from "./input-error.js";

export type EventType = "invoke" | "ok" | "fail" | "info";

export interface HistoryLine {
  readonly kind: "event";
  readonly process: string;
  readonly type: EventType;
  readonly f: string;
  readonly value: Json;
  /** The object; undefined when the line names none. */
  readonly key: Json | undefined;
  /** When it happened, by somebody's clock. */
  readonly time: Json | undefined;
  /** A refusal that tells something: a compare-and-set that failed because it compared. */
  readonly tells: boolean;
}

/** An operation with its call and its return in one record. */
export interface HistoryInterval {
  readonly kind: "interval";
  readonly process: string;
  readonly f: string;
  readonly input: Json;
  /** Undefined when it was never answered. */
  readonly output: Json | undefined;
  readonly key: Json | undefined;
  readonly call: bigint;
  readonly ret: bigint | undefined;
}

const TYPES = ["invoke", "ok", "fail", "info"] as const;
/** `INFO jepsen.util - 0 :invoke :read nil` of old, `… INFO [jepsen worker 0] jepsen.util: 0 :invoke :read nil` of today. */
const LOG_LINE = /\bjepsen\.util\s*[-:]?\s+(\S+)\s+:(invoke|ok|fail|info)\s+:([^\s,]+)(?:\s+(.*))?$/;
/** `0 :invoke :read nil`. */
const PLAIN_LINE = /^(\S+)\s+:(invoke|ok|fail|info)\s+:([^\s,]+)(?:\s+(.*))?$/;
/** How lines of logs begin that are nobody's event. */
const OTHER_LINE = /^(?:\d{4}-\d{2}-\d{2}\b.*|(?:TRACE|DEBUG|INFO|WARN|ERROR)\b.*)/;

/** Undefined for what is no part of the history: somebody else's line in a log. @throws InputError */
export function parseHistoryForm(text: string): HistoryLine | HistoryInterval | undefined {
  if (/^#_/.test(text)) return undefined;
  if (/^[{#[(]/.test(text)) return entryOf(/^\{\s*["}]/.test(text) ? parseHistoryJson(text) : parseEdn(text));
  return logLine(text.trim());
}

function logLine(line: string): HistoryLine | undefined {
  const parts = LOG_LINE.exec(line) ?? PLAIN_LINE.exec(line);
  if (parts === null) {
    if (OTHER_LINE.test(line)) return undefined;
    throw new InputError(
      "expected an event: a map of JSON or EDN, a line of a Jepsen log, or a line like `0 :invoke :read nil`",
    );
  }
  const [, process = "", type = "", f = "", rest = ""] = parts;
  const { value, rest: reason } = valueIn(rest, type);
  const tells = type === "fail" && f === "cas" && Array.isArray(value) && reason === "";
  return { kind: "event", process, type: typeOf(type), f, value, key: undefined, time: undefined, tells };
}

/** A value, and a reason behind it. Where nothing was done, or nobody knows, clients write what they like. @throws InputError */
function valueIn(rest: string, type: string): { readonly value: Json; readonly rest: string } {
  if (rest.trim() === "") return { value: null, rest: "" };
  try {
    return parseFirstEdn(rest);
  } catch (error) {
    if (error instanceof InputError && (type === "fail" || type === "info")) return { value: null, rest };
    throw error;
  }
}

type Fields = { readonly [name: string]: Json | undefined };

function entryOf(data: Json): HistoryLine | HistoryInterval | undefined {
  const fields = fieldsOf(data);
  if (fields === undefined) throw new InputError(`expected an event, got ${shown(data)}`);
  if (isOfDrill(fields)) return fields.kind === "client" ? answerOf(fields) : undefined;
  if (fields.type === undefined) {
    const call = named(fields, CALL);
    if (call !== undefined) return intervalOf(fields, call);
  }
  const { type, f, value, key, time } = fields;
  const process = nameOf(fields.process);
  if (process === undefined) {
    throw new InputError(`process: expected a number or a name, got ${shown(fields.process)}`);
  }
  const operation = nameOf(f);
  if (operation === undefined) throw new InputError(`f: expected the name of an operation, got ${shown(f)}`);
  bounded(value);
  return {
    kind: "event",
    process,
    type: typeOf(nameOf(type)),
    f: operation,
    value: value ?? null,
    key: key ?? undefined,
    time: time ?? undefined,
    tells: false,
  };
}

/** The first line of a drill's history, or one of its events. */
const isOfDrill = ({ format, process, host, at, kind }: Fields): boolean =>
  format === "seedstorm-drill" ||
  (process === undefined && typeof host === "string" && typeof at === "number" && typeof kind === "string");

/** What a client of a drill asked, or was answered. Each request is a process: a client may have several under way. */
function answerOf({ requestId, phase, operation, key, value, at }: Fields): HistoryLine {
  const [process, f] = [nameOf(requestId), nameOf(operation)];
  if (process === undefined) throw new InputError(`requestId: expected a name, got ${shown(requestId)}`);
  if (f === undefined) throw new InputError(`operation: expected a name, got ${shown(operation)}`);
  const type = typeOf(phase === "call" ? "invoke" : nameOf(phase));
  return { kind: "event", process, type, f, value: value ?? null, key, time: at, tells: false };
}

const CALL = ["call", "start", "invoke", "invoked", "begin"];
const RETURN = ["return", "ret", "end", "complete", "completed", "finish"];
const CLIENT = ["clientid", "client_id", "client", "process"];
const NAME = ["f", "op", "operation", "kind"];
const INPUT = ["input", "value", "args", "arg"];
const OUTPUT = ["output", "result", "response"];

/** A field under one of its names, however it is capitalised. */
function named(fields: Fields, names: readonly string[]): Json | undefined {
  for (const [name, value] of Object.entries(fields)) {
    if (names.includes(name.toLowerCase())) return value;
  }
  return undefined;
}

function intervalOf(fields: Fields, call: Json): HistoryInterval {
  const process = nameOf(named(fields, CLIENT));
  if (process === undefined) throw new InputError("client: expected a number or a name");
  const whole = named(fields, INPUT) ?? null;
  const inner = fieldsOf(whole);
  const f = nameOf(named(fields, NAME)) ?? nameOf(inner === undefined ? undefined : named(inner, NAME));
  if (f === undefined)
    throw new InputError("f: expected the name of the operation, in the record or in its input");
  const input =
    inner === undefined || named(inner, NAME) === undefined
      ? whole
      : (named(inner, ["value", "arg", "args"]) ?? null);
  const key = fields.key ?? fields.Key ?? (inner === undefined ? undefined : (inner.key ?? inner.Key));
  const answer = named(fields, OUTPUT);
  const answered = fieldsOf(answer);
  const output = answered !== undefined && "value" in answered ? (answered.value ?? null) : answer;
  bounded(input);
  bounded(output);
  const returned = named(fields, RETURN);
  const ret = returned === undefined || returned === null ? undefined : momentOf(returned, "return");
  const called = momentOf(call, "call");
  if (ret !== undefined && ret < called)
    throw new InputError(`return: expected no earlier than the call at ${called}, got ${ret}`);
  return {
    kind: "interval",
    process,
    f,
    input,
    output: ret === undefined ? undefined : (output ?? null),
    key: key ?? undefined,
    call: called,
    ret,
  };
}

/** A moment with all of its digits. @throws InputError */
export function momentOf(value: Json, name: string): bigint {
  const digits = typeof value === "number" ? String(value) : exoticOf("number", value);
  if (typeof digits === "string" && /^-?\d{1,40}$/.test(digits)) return BigInt(digits);
  const scaled = typeof value === "number" ? exactNumber(String(Math.round(value * 1e6))) : undefined;
  throw new InputError(
    `${name}: expected a whole number${scaled === undefined ? "" : ", in a smaller unit"}, got ${shownJson(value)}`,
  );
}

function fieldsOf(data: Json | undefined): Fields | undefined {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  const pairs = exoticOf("map", data);
  if (!Array.isArray(pairs)) return data as Fields;
  // A map of EDN with texts for keys.
  return Object.fromEntries(
    (pairs as readonly Json[]).flatMap((pair) =>
      Array.isArray(pair)
        ? [[nameOf(pair[0]) ?? shownJson((pair[0] ?? null) as Json), pair[1]] as const]
        : [],
    ),
  );
}

/** A name: a text, a keyword, a symbol or a number. */
export function nameOf(value: Json | undefined): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  const name = exoticOf("keyword", value) ?? exoticOf("symbol", value) ?? exoticOf("number", value);
  return typeof name === "string" ? name : undefined;
}

function typeOf(type: string | undefined): EventType {
  const known = TYPES.find((name) => name === type);
  if (known === undefined)
    throw new InputError(`type: expected one of ${TYPES.join(", ")}, got ${shown(type)}`);
  return known;
}

const DEEPEST = 32;

function bounded(value: Json | undefined): void {
  if (depthOf(value ?? null) > DEEPEST)
    throw new InputError(`value: expected no more than ${DEEPEST} levels`);
}

function depthOf(value: Json, above = 0): number {
  if (typeof value !== "object" || value === null || above > DEEPEST) return above;
  let deepest = above + 1;
  for (const item of Object.values(value)) deepest = Math.max(deepest, depthOf(item as Json, above + 1));
  return deepest;
}
