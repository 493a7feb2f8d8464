/** What a command is, and what it is given. */
import type { Keyspace } from "../keyspace.js";
import { RedisError, type Reply } from "../resp.js";

/** What a command can do besides looking at the keys and changing them. */
export interface Execution {
  readonly keyspace: Keyspace;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** A number in [0, below). */
  random(below: number): number;
  /** Sends a message to those that listen on a channel. Returns how many they are. */
  publish(channel: string, message: string): number;
  /**
   * What is logged and replicated in place of the command itself, so that it has the same effect elsewhere and later. Without
   * a call a command that changed something stands for itself.
   */
  propagate(...commands: readonly (readonly string[])[]): void;
}

/** The command waits: it is tried again when one of these keys has changed. */
export class Blocked {
  constructor(
    readonly keys: readonly string[],
    /** Milliseconds; 0: forever. */
    readonly timeoutMs: number,
    /** Undefined: go on waiting. */
    readonly attempt: (execution: Execution) => Reply | undefined,
    private readonly late: Reply | (() => Reply),
  ) {}

  /** What is answered when nothing came in time. */
  get onTimeout(): Reply {
    return typeof this.late === "function" ? this.late() : this.late;
  }
}

/** What comes at once; or else it waits. */
export function tried(execution: Execution, blocked: Blocked): Reply | Blocked {
  execution.propagate();
  return blocked.attempt(execution) ?? blocked;
}

export interface Command {
  /** How many words it has, its name among them; negative: at least so many. */
  readonly arity: number;
  readonly writes: boolean;
  /** Without the name. */
  run(execution: Execution, args: readonly string[]): Reply | Blocked;
}

export type Commands = Readonly<Record<string, Command>>;

type Run = Command["run"];

export const reads = (arity: number, run: Run): Command => ({ arity, writes: false, run });
export const writes = (arity: number, run: Run): Command => ({ arity, writes: true, run });

export const SYNTAX = "ERR syntax error";
const NOT_INTEGER = "ERR value is not an integer or out of range";

/** An argument that must be there: the command's arity was checked. */
export function at(args: readonly string[], index: number): string {
  const value = args[index];
  if (value === undefined) throw new RedisError(SYNTAX);
  return value;
}

export function integerOf(text: string): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new RedisError(NOT_INTEGER);
  return value;
}

export function floatOf(text: string, message = "ERR value is not a valid float"): number {
  const lower = text.toLowerCase();
  if (/^[+]?inf(inity)?$/.test(lower)) return Number.POSITIVE_INFINITY;
  if (/^-inf(inity)?$/.test(lower)) return Number.NEGATIVE_INFINITY;
  const value = text.trim() === text && text !== "" ? Number(text) : Number.NaN;
  if (Number.isNaN(value)) throw new RedisError(message);
  return value;
}

/** Seconds, with a fraction, of a command that waits. Returns milliseconds. */
export function timeoutOf(text: string): number {
  const seconds = floatOf(text, "ERR timeout is not a float or out of range");
  if (seconds < 0) throw new RedisError("ERR timeout is negative");
  return Math.ceil(seconds * 1_000);
}

/** In turns: the first of each two, with the second. */
export function pairsOf(args: readonly string[], command: string): [string, string][] {
  if (args.length === 0 || args.length % 2 !== 0)
    throw new RedisError(`ERR wrong number of arguments for '${command}' command`);
  return Array.from({ length: args.length / 2 }, (_, index) => [
    at(args, 2 * index),
    at(args, 2 * index + 1),
  ]);
}

/** Where a range of indices, which may count from the end, begins and ends: the end is outside. */
export function rangeOf(start: string, stop: string, length: number): { from: number; to: number } {
  const [first, last] = [integerOf(start), integerOf(stop)];
  const from = Math.max(0, first < 0 ? length + first : first);
  return { from, to: Math.max(from, Math.min(length, (last < 0 ? length + last : last) + 1)) };
}

/** A pattern with `*`, `?`, `[…]` and `\` as a test. */
export function globOf(pattern: string): (text: string) => boolean {
  let source = "";
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern.charAt(i);
    if (letter === "*") source += "[\\s\\S]*";
    else if (letter === "?") source += "[\\s\\S]";
    else if (letter === "[") {
      const end = pattern.indexOf("]", i + 1);
      if (end < 0) source += "\\[";
      else {
        const set = pattern.slice(i + 1, end).replace(/[\\\]]/g, "\\$&");
        source += `[${set}]`;
        i = end;
      }
    } else {
      if (letter === "\\" && i + 1 < pattern.length) i++;
      source += pattern.charAt(i).replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
    }
  }
  const expression = new RegExp(`^${source}$`);
  return (text) => expression.test(text);
}

/** What `MATCH` in these words lets through: everything without it. */
export function matchOf(words: readonly string[]): (text: string) => boolean {
  const place = words.findIndex((word) => word.toUpperCase() === "MATCH");
  return place < 0 ? () => true : globOf(at(words, place + 1));
}
