/**
 * How long clients waited, over virtual time: percentiles of accepted and of processed orders in windows, with how much of
 * each window every kind of fault was active.
 *
 * It reads facts of the history alone. `accepted`: from the first call with a key to the first success for that
 * key. `processed`: from that same call to the first committed acknowledgement of the record that it became or,
 * in a system that acknowledges nothing, to the reply of the service outside that did the work. Each
 * wait counts in the window in which it began. What was never answered has no latency: it is counted as open.
 */
import type { Outcome } from "../scenarios/scenario.js";
import { asBegun } from "../sim/aim.js";
import { durationOf, type Fault } from "../sim/faults.js";
import type { HistoryEvent } from "../sim/history.js";
import type { Micros } from "../sim/time.js";
import type { LatencyBand, LatencyChart, LatencySeries } from "./html/data.js";

export interface Wait {
  /** When it began. */
  readonly at: Micros;
  /** How long it took; undefined when it was over before the answer came. */
  readonly took: Micros | undefined;
}

export interface Waits {
  readonly accepted: readonly Wait[];
  readonly processed: readonly Wait[];
}

const WINDOWS = 48;
const SLICES = 240;

/** Collects runs; a chart is made of all of them together. */
export class LatencyTally {
  readonly #waits: Waits[] = [];
  readonly #faults: Fault[] = [];
  #longest: Micros = 0;

  add(outcome: Outcome): void {
    this.#waits.push(waitsOf(outcome.history));
    const { plan, history, virtualTime } = outcome;
    for (const fault of asBegun(plan.faults, history, plan.topology)) {
      if (fault.at < virtualTime) this.#faults.push(fault);
    }
    this.#longest = Math.max(this.#longest, outcome.virtualTime);
  }

  chart(): LatencyChart {
    const window = Math.max(1, Math.ceil(this.#longest / WINDOWS));
    const slice = Math.max(1, Math.ceil(this.#longest / SLICES));
    const runs = this.#waits.length;
    return {
      runs,
      window,
      slice,
      series: (["accepted", "processed"] as const).map((name) => {
        return seriesOf(
          name,
          this.#waits.flatMap((waits) => waits[name]),
          window,
        );
      }),
      bands: bandsOf(this.#faults, slice, runs),
    };
  }
}

/** Every wait of one run. */
export function waitsOf(history: readonly HistoryEvent[]): Waits {
  const calls = new Map<string, Micros>();
  const answers = new Map<string, { readonly at: Micros; readonly offset: string; readonly order: string }>();
  const acks = new Map<string, Micros[]>();
  const replies = new Map<string, Micros[]>();
  for (const event of history) {
    if (event.kind === "client" && event.operation === "accept") {
      if (event.phase === "call") first(calls, event.key, event.at);
      else if (event.phase === "ok" && !answers.has(event.key)) {
        answers.set(event.key, {
          at: event.at,
          offset: field(event.value, "offset"),
          order: field(event.value, "orderId"),
        });
      }
    } else if (event.kind === "durable") {
      for (const { key, value } of event.writes) {
        if (value !== null && key.startsWith("ack/"))
          add(acks, key.slice(key.lastIndexOf("/") + 1), event.at);
      }
    } else if (event.kind === "external" && event.phase === "reply") {
      add(replies, event.token.split(":")[0] ?? event.token, event.at);
    }
  }
  const ended = ({ offset, order }: { readonly offset: string; readonly order: string }, from: Micros) => {
    const times = acks.size > 0 ? acks.get(offset) : replies.get(order);
    return times?.find((at) => at >= from);
  };
  const accepted: Wait[] = [];
  const processed: Wait[] = [];
  for (const [key, at] of calls) {
    const answer = answers.get(key);
    accepted.push({ at, took: answer === undefined ? undefined : answer.at - at });
    if (answer === undefined) continue;
    const end = ended(answer, at);
    processed.push({ at, took: end === undefined ? undefined : end - at });
  }
  return { accepted, processed };
}

function seriesOf(name: LatencySeries["name"], waits: readonly Wait[], window: Micros): LatencySeries {
  const took: Micros[][] = Array.from({ length: WINDOWS }, () => []);
  const begun = new Array<number>(WINDOWS).fill(0);
  const open = new Array<number>(WINDOWS).fill(0);
  for (const wait of waits) {
    const index = Math.min(WINDOWS - 1, Math.floor(wait.at / window));
    begun[index] = (begun[index] ?? 0) + 1;
    if (wait.took === undefined) open[index] = (open[index] ?? 0) + 1;
    else took[index]?.push(wait.took);
  }
  for (const times of took) times.sort((a, b) => a - b);
  const at = (percent: number) => took.map((times) => percentile(times, percent));
  return { name, p50: at(50), p90: at(90), p99: at(99), begun, open };
}

/** The nearest rank in ascending values; null when there are none. */
export function percentile(ascending: readonly number[], percent: number): number | null {
  const rank = Math.ceil((percent / 100) * ascending.length);
  return ascending[Math.max(0, rank - 1)] ?? null;
}

/** Two faults of one kind at the same time in one run count once for each: a share is cut off at 1. */
function bandsOf(faults: readonly Fault[], slice: Micros, runs: number): LatencyBand[] {
  const shares = new Map<string, number[]>();
  for (const fault of faults) {
    let share = shares.get(fault.kind);
    if (share === undefined) {
      share = new Array<number>(SLICES).fill(0);
      shares.set(fault.kind, share);
    }
    // What happens in a moment is shown as one slice.
    const end = fault.at + Math.max(durationOf(fault), slice);
    for (let index = Math.floor(fault.at / slice); index < SLICES && index * slice < end; index++) {
      const covered = Math.min(end, (index + 1) * slice) - Math.max(fault.at, index * slice);
      share[index] = Math.min(1, (share[index] ?? 0) + covered / slice / runs);
    }
  }
  return [...shares].map(([kind, share]) => ({
    kind,
    share: share.map((part) => Math.round(part * 1000) / 1000),
  }));
}

function first(times: Map<string, Micros>, key: string, at: Micros): void {
  if (!times.has(key)) times.set(key, at);
}

function add(times: Map<string, Micros[]>, key: string, at: Micros): void {
  const own = times.get(key);
  if (own === undefined) times.set(key, [at]);
  else own.push(at);
}

function field(value: unknown, name: string): string {
  if (typeof value !== "object" || value === null || !(name in value)) return "";
  return String((value as Readonly<Record<string, unknown>>)[name]); // the name is in it
}
