/**
 * The operations of a history as they stand in a file, before anybody says what they mean: each call with its answer. A
 * process asks one thing at a time. Positions count events in the order in which they happened, which is the order of the
 * lines, or of their times when that is asked for; records with a call and a return are put in the order of those.
 */
import { OPEN } from "../../check/linearizability/operation.js";
import type { Json } from "../../sim/plan.js";
import { FormSplitter, type HistoryForm } from "./form-splitter.js";
import {
  type EventType,
  type HistoryInterval,
  type HistoryLine,
  momentOf,
  parseHistoryForm,
} from "./history-lines.js";
import { InputError, printable, shown } from "./input-error.js";
import { sourceName, textChunks } from "./text-chunks.js";

export interface RawOperation {
  readonly client: string;
  readonly f: string;
  readonly key: Json | undefined;
  readonly asked: Json;
  /** Position of the call. */
  readonly call: number;
  /** Position of the end; `OPEN` when there was none. */
  ret: number;
  answer: Json | undefined;
  end: Exclude<EventType, "invoke"> | "none";
  /** It failed for a reason that says something about the object. */
  tells: boolean;
}

export interface RawHistory {
  readonly fileName: string;
  /** In the order of their calls. */
  readonly operations: readonly RawOperation[];
  /** What a reader of the verdict should know about how the file was read. */
  readonly notes: readonly string[];
  /** The line of the event at a position. */
  lineOf(position: number): number;
  /** A position for people: `in line 17`. */
  moment(position: number): string;
}

export interface ReadingOptions {
  /** By the times of the events instead of the order of the lines. */
  readonly sorted?: boolean;
}

/** @throws InputError */
export async function readRawHistory(path: string, options: ReadingOptions = {}): Promise<RawHistory> {
  const gathered = new Gathered(sourceName(path), options);
  for await (const text of textChunks(path)) gathered.push(text);
  return gathered.end();
}

/**
 * @param fileName what complaints begin with.
 * @throws InputError
 */
export function parseRawHistory(text: string, fileName: string, options: ReadingOptions = {}): RawHistory {
  const gathered = new Gathered(fileName, options);
  gathered.push(text);
  return gathered.end();
}

type Placed<T> = T & { readonly line: number };

class Gathered {
  readonly #fileName: string;
  readonly #sorted: boolean;
  readonly #splitter = new FormSplitter();
  readonly #operations: RawOperation[] = [];
  readonly #open = new Map<string, RawOperation>();
  /** The line of each position; positions begin at 1. */
  readonly #lines: number[] = [0];
  readonly #waiting: Placed<HistoryLine>[] = [];
  readonly #intervals: Placed<HistoryInterval>[] = [];
  readonly #notes: string[] = [];
  #events = 0;
  #lastTime: { readonly time: bigint; readonly line: number } | undefined;

  constructor(fileName: string, { sorted = false }: ReadingOptions) {
    this.#fileName = fileName;
    this.#sorted = sorted;
  }

  push(text: string): void {
    for (const form of this.#located(() => this.#splitter.push(text))) this.#take(form);
  }

  end(): RawHistory {
    for (const form of this.#located(() => this.#splitter.end())) this.#take(form);
    if (this.#sorted) this.#takeByTime();
    if (this.#intervals.length > 0) this.#placeIntervals();
    const fileName = this.#fileName;
    if (this.#operations.length === 0 && this.#events === 0)
      throw new InputError(`${fileName}: no event in it`);
    const lines = this.#lines;
    const shared =
      this.#intervals.length > 0 ||
      lines.some((line, position) => position > 1 && line === lines[position - 1]);
    const lineOf = (position: number): number => lines[position] ?? 0;
    return {
      fileName,
      operations: this.#operations,
      notes: this.#notes,
      lineOf,
      moment: (position) =>
        shared ? `in event ${position} (line ${lineOf(position)})` : `in line ${lineOf(position)}`,
    };
  }

  /** What the splitter refuses names its line already. */
  #located<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`${this.#fileName}:${error.message}`);
      throw error;
    }
  }

  #take({ text, line }: HistoryForm): void {
    this.#at(line, () => {
      const entry = parseHistoryForm(text);
      if (entry === undefined || /^:?nemesis$/.test(entry.process)) return;
      this.#events++;
      if (entry.kind === "interval") {
        this.#intervals.push({ ...entry, line });
      } else if (this.#intervals.length > 0) {
        throw new InputError("expected records with a call and a return as before, got an event");
      } else if (this.#sorted) this.#waiting.push({ ...entry, line });
      else {
        this.#compareTime(entry, line);
        this.#takeEvent(entry, line);
      }
    });
  }

  #at(line: number, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (error instanceof InputError) throw new InputError(`${this.#fileName}:${line}: ${error.message}`);
      throw error;
    }
  }

  /** Times are not needed; where they contradict the order of the lines somebody should know. */
  #compareTime({ time }: HistoryLine, line: number): void {
    if (time === undefined || this.#notes.length > 0) return;
    let now: bigint;
    try {
      now = momentOf(time, "time");
    } catch {
      return; // in whatever unit it is
    }
    const last = this.#lastTime;
    if (last !== undefined && now < last.time) {
      this.#notes.push(
        `The times contradict the order of the lines: line ${line} is earlier than line ${last.line}. Judged in the order of the lines; --sort goes by the times.`,
      );
    }
    this.#lastTime = { time: now, line };
  }

  #takeByTime(): void {
    const timed = this.#waiting.map((event) => {
      let time = 0n;
      this.#at(event.line, () => {
        if (event.time === undefined)
          throw new InputError("time: expected the time of the event, to sort by");
        time = momentOf(event.time, "time");
      });
      return { event, time };
    });
    timed.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
    for (const { event } of timed) this.#at(event.line, () => this.#takeEvent(event, event.line));
  }

  #takeEvent(event: HistoryLine, line: number): void {
    const open = this.#open.get(event.process);
    if (event.type === "invoke") {
      if (open !== undefined) {
        throw new InputError(
          `process ${printable(event.process)} asks again before it was answered what it asked in line ${this.#lines[open.call] ?? 0}`,
        );
      }
      const operation: RawOperation = {
        client: event.process,
        f: event.f,
        key: event.key,
        asked: event.value,
        call: this.#lines.push(line) - 1,
        ret: OPEN,
        answer: undefined,
        end: "none",
        tells: false,
      };
      this.#operations.push(operation);
      this.#open.set(event.process, operation);
      return;
    }
    if (open === undefined) {
      if (event.type === "info") return; // somebody who is no client says something
      throw new InputError(`process ${printable(event.process)} is answered, and has asked nothing`);
    }
    if (event.f !== open.f) {
      throw new InputError(
        `expected an answer to ${printable(open.f)}, asked in line ${this.#lines[open.call] ?? 0}, got one to ${printable(event.f)}`,
      );
    }
    if (event.key !== undefined && open.key !== undefined && shownKeyOf(event.key) !== shownKeyOf(open.key)) {
      throw new InputError(`key: expected ${shown(open.key)}, as it was asked, got ${shown(event.key)}`);
    }
    this.#open.delete(event.process);
    open.ret = this.#lines.push(line) - 1;
    open.end = event.type;
    open.answer = event.value;
    open.tells = event.tells;
  }

  /** Calls and returns in the order of their times; what touches overlaps. */
  #placeIntervals(): void {
    const marks = this.#intervals.flatMap((interval, index) => [
      { at: interval.call, index, isCall: true },
      ...(interval.ret === undefined ? [] : [{ at: interval.ret, index, isCall: false }]),
    ]);
    marks.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : Number(b.isCall) - Number(a.isCall)));
    const operations = new Map<number, RawOperation>();
    for (const { index, isCall } of marks) {
      const interval = this.#intervals[index];
      if (interval === undefined) continue;
      const position = this.#lines.push(interval.line) - 1;
      const known = operations.get(index);
      if (known !== undefined && !isCall) {
        known.ret = position;
        known.answer = interval.output;
        known.end = "ok";
        continue;
      }
      const { process: client, f, key, input: asked } = interval;
      const operation: RawOperation = {
        client,
        f,
        key,
        asked,
        call: position,
        ret: OPEN,
        answer: undefined,
        end: "none",
        tells: false,
      };
      operations.set(index, operation);
      this.#operations.push(operation);
    }
  }
}

const shownKeyOf = (key: Json): string => JSON.stringify(key);
