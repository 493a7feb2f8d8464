/**
 * How long writes take. `written`: from the call to the primary's success. `mirrored`: from that same call until the first
 * replica has the write, or something newer of its grain.
 */
import type { HistoryEvent, Micros } from "seedstorm";
import { ensure, type Latencies, type Latency, whole } from "seedstorm/check";
import { appliedBy } from "./state.js";

interface WriteCall {
  readonly at: Micros;
  readonly grain: string;
  ended: { readonly at: Micros; readonly sequence: number } | undefined;
}

/** What some replica was the first to have. */
interface Shown {
  readonly at: Micros;
  readonly sequence: number;
}

export function writeLatencies(history: readonly HistoryEvent[]): Latencies {
  /** By request, in the order of the calls. */
  const calls = new Map<string, WriteCall>();
  /** By grain, sequences ascending. */
  const shown = new Map<string, Shown[]>();
  for (const event of history) {
    if (event.kind === "durable") {
      for (const { grain, sequence } of appliedBy(event)) {
        const known = ensure(shown, grain, (): Shown[] => []);
        if (sequence > (known.at(-1)?.sequence ?? 0)) known.push({ at: event.at, sequence });
      }
    } else if (event.kind === "client" && event.operation === "write") {
      const { requestId, phase, key: grain, value, at } = event;
      const call = calls.get(requestId);
      if (phase === "call") calls.set(requestId, { at, grain, ended: undefined });
      else if (phase === "ok" && call !== undefined)
        call.ended = { at, sequence: whole(value, "sequence") ?? 0 };
    }
  }
  const written: Latency[] = [];
  const mirrored: Latency[] = [];
  for (const { at, grain, ended } of calls.values()) {
    written.push({ at, took: ended && ended.at - at });
    if (ended === undefined) continue;
    const first = shown.get(grain)?.find(({ sequence }) => sequence >= ended.sequence);
    mirrored.push({ at, took: first && first.at - at });
  }
  return { written, mirrored };
}
