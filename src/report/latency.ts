/** What a plot of latencies draws: percentiles by window, and how much of the time each kind of fault was active. */
import { type Latency, percentileOf, SLICES_PER_WINDOW } from "../explore/campaign/latency.js";
import type { LatencyChart } from "./html/data.js";

/** Undefined where nobody waited for anything. */
export function latencyChart(latency: Latency | undefined): LatencyChart | undefined {
  if (latency === undefined) return undefined;
  const { runs, window, until, series, faults } = latency;
  const all = Object.entries(series);
  if (all.every(([, windows]) => windows.length === 0)) return undefined;
  const windows = Math.ceil(until / window);
  const slice = window / SLICES_PER_WINDOW;
  return {
    runs,
    window,
    slice,
    series: all.map(([name, own]) => {
      const filled = Array.from({ length: windows }, (_, i) => own[i] ?? { begun: 0, open: 0, took: {} });
      const at = (percent: number) => filled.map((one) => percentileOf(one, percent));
      return {
        name,
        p50: at(50),
        p90: at(90),
        p99: at(99),
        begun: filled.map(({ begun }) => begun),
        open: filled.map(({ open }) => open),
      };
    }),
    // Two faults of one kind at the same time in one run count once for each: a share is cut off at 1.
    bands: Object.entries(faults).map(([kind, active]) => ({
      kind,
      share: active.map((micros) => Math.round(Math.min(1, micros / slice / runs) * 1000) / 1000),
    })),
  };
}

/** What the lines of these charts are. */
export function latenciesText(charts: readonly LatencyChart[]): string {
  const names = new Set(charts.flatMap(({ series }) => series.map(({ name }) => name)));
  return `How long it took to be ${[...names].join(" or ")}, by when it was first asked for`;
}
