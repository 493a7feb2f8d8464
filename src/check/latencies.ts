/**
 * What somebody waits for in a system, as reports measure it: each wait begins with a first call and ends with what was
 * waited for. A system names its waits and reads them out of the history alone.
 */
import type { HistoryEvent } from "../sim/history.js";
import type { Micros } from "../sim/time.js";

export interface Latency {
  /** When it began. */
  readonly at: Micros;
  /** How long it took; undefined when it was over before the answer came. */
  readonly took: Micros | undefined;
}

/** Waits of one run by what was waited for, in the order in which reports tell them. */
export type Latencies = Readonly<Record<string, readonly Latency[]>>;

/** For each key, from the first call of an operation to the first success with that key. */
export function answered(history: readonly HistoryEvent[], operation: string): Latency[] {
  const calls = new Map<string, Micros>();
  const answers = new Map<string, Micros>();
  for (const event of history) {
    if (event.kind !== "client" || event.operation !== operation) continue;
    if (event.phase === "call" && !calls.has(event.key)) calls.set(event.key, event.at);
    if (event.phase === "ok" && !answers.has(event.key)) answers.set(event.key, event.at);
  }
  return [...calls].map(([key, at]) => {
    const answer = answers.get(key);
    return { at, took: answer === undefined ? undefined : answer - at };
  });
}
