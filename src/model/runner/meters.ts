/**
 * A node's meters, and their text in the exposition format of Prometheus. Counters never go back in a node's life;
 * histograms have fixed bounds in seconds. Names and labels are written in the order in which they were first used.
 */
import { type Micros, SECOND } from "seedstorm";

type Labels = Readonly<Record<string, string>>;

const BOUNDS: readonly Micros[] = [5_000, 25_000, 100_000, 500_000, 1_000_000, 5_000_000, 30_000_000];

interface Histogram {
  readonly counts: number[];
  sum: Micros;
  count: number;
}

const METERS = {
  runner_consumer_lag: ["gauge", "Messages that a consumer has still to be given."],
  runner_redeliveries_total: ["counter", "Deliveries of a message after its first."],
  runner_processing_seconds: ["histogram", "From a message's delivery to its ack."],
  runner_transitions_total: ["counter", "Transitions of sagas that were committed."],
  runner_duplicates_total: ["counter", "Events that had been processed before."],
  runner_quarantined_total: ["counter", "Messages that were quarantined."],
  runner_parts: ["gauge", "Parts of all instances that this node dispatches and schedules for."],
  runner_outbox_depth: ["gauge", "Outbox items of this node's parts."],
  runner_dispatch_seconds: ["histogram", "From the first sight of an outbox item to its confirmation."],
  runner_dispatch_failures_total: ["counter", "Dispatches that were not confirmed."],
  runner_dead_letters_total: ["counter", "Outbox items that were given up."],
  runner_effects_total: ["counter", "Effects by how they ended."],
  runner_effect_seconds: ["histogram", "How long calls of providers took."],
  runner_schedule_lag_seconds: ["histogram", "How late reminders were, by the time of their part."],
  runner_schedule_due: ["gauge", "Timers that were due at the last scan."],
  runner_schedule_scan_seconds: ["histogram", "How long scans for due timers took."],
} as const satisfies Record<string, readonly ["counter" | "gauge" | "histogram", string]>;

export type MeterName = keyof typeof METERS;

export class Meters {
  readonly #values = new Map<MeterName, Map<string, number>>();
  readonly #histograms = new Map<MeterName, Map<string, Histogram>>();

  count(name: MeterName, labels: Labels = {}): void {
    const series = this.#series(name);
    const key = labelText(labels);
    series.set(key, (series.get(key) ?? 0) + 1);
  }

  set(name: MeterName, value: number, labels: Labels = {}): void {
    this.#series(name).set(labelText(labels), value);
  }

  observe(name: MeterName, took: Micros, labels: Labels = {}): void {
    let series = this.#histograms.get(name);
    if (series === undefined) {
      series = new Map();
      this.#histograms.set(name, series);
    }
    const key = labelText(labels);
    let histogram = series.get(key);
    if (histogram === undefined) {
      histogram = { counts: BOUNDS.map(() => 0), sum: 0, count: 0 };
      series.set(key, histogram);
    }
    const bucket = BOUNDS.findIndex((bound) => took <= bound);
    if (bucket >= 0) histogram.counts[bucket] = (histogram.counts[bucket] ?? 0) + 1;
    histogram.sum += took;
    histogram.count++;
  }

  value(name: MeterName, labels: Labels = {}): number {
    return this.#values.get(name)?.get(labelText(labels)) ?? 0;
  }

  /** Every meter is there, those too that have measured nothing: a dashboard must tell nothing from none. */
  text(): string {
    const lines: string[] = [];
    for (const [name, [type, help]] of Object.entries(METERS) as [MeterName, (typeof METERS)[MeterName]][]) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      if (type === "histogram") {
        for (const [labels, histogram] of this.#histograms.get(name) ?? [])
          lines.push(...lineOf(name, labels, histogram));
      } else {
        const series = this.#values.get(name) ?? new Map([["", 0]]);
        for (const [labels, value] of series) lines.push(`${name}${braced(labels)} ${value}`);
      }
    }
    return `${lines.join("\n")}\n`;
  }

  #series(name: MeterName): Map<string, number> {
    let series = this.#values.get(name);
    if (series === undefined) {
      series = new Map();
      this.#values.set(name, series);
    }
    return series;
  }
}

function lineOf(name: string, labels: string, { counts, sum, count }: Histogram): string[] {
  const lines: string[] = [];
  let below = 0;
  counts.forEach((inBucket, i) => {
    below += inBucket;
    lines.push(`${name}_bucket${braced(joined(labels, `le="${(BOUNDS[i] ?? 0) / SECOND}"`))} ${below}`);
  });
  lines.push(`${name}_bucket${braced(joined(labels, 'le="+Inf"'))} ${count}`);
  lines.push(`${name}_sum${braced(labels)} ${sum / SECOND}`, `${name}_count${braced(labels)} ${count}`);
  return lines;
}

const joined = (labels: string, more: string): string => (labels === "" ? more : `${labels},${more}`);
const braced = (labels: string): string => (labels === "" ? "" : `{${labels}}`);

function labelText(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"\n]/g, (c) => (c === "\n" ? "\\n" : `\\${c}`))}"`)
    .join(",");
}
