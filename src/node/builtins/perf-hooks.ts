/** `performance` and `node:perf_hooks` of one process: the host's monotonic clock; measures are not kept. */

import { MILLISECOND } from "../../sim/time.js";
import type { SimulatedProcess } from "../env/simulated-process.js";

export function performanceOf(simulated: SimulatedProcess): object {
  const timeOrigin = simulated.now() - simulated.age() / MILLISECOND;
  const utilization = { idle: 0, active: 0, utilization: 0 };
  return {
    now: () => simulated.age() / MILLISECOND,
    timeOrigin,
    mark: () => ({ detail: null, duration: 0 }),
    measure: () => ({ detail: null, duration: 0 }),
    getEntries: () => [],
    getEntriesByName: () => [],
    getEntriesByType: () => [],
    clearMarks: () => {},
    clearMeasures: () => {},
    clearResourceTimings: () => {},
    markResourceTiming: () => {},
    eventLoopUtilization: () => utilization,
    timerify: <F>(work: F): F => work,
    toJSON: () => ({ timeOrigin }),
  };
}

class PerformanceObserver {
  static readonly supportedEntryTypes: readonly string[] = [];

  observe(): void {}

  disconnect(): void {}

  takeRecords(): [] {
    return [];
  }
}

const HISTOGRAM = {
  min: 0,
  max: 0,
  mean: 0,
  stddev: 0,
  exceeds: 0,
  percentile: () => 0,
  percentiles: new Map(),
  enable: () => true,
  disable: () => true,
  reset: () => {},
  record: () => {},
};

export function perfHooksOf(simulated: SimulatedProcess): object {
  return {
    performance: simulated.global("performance"),
    PerformanceObserver,
    monitorEventLoopDelay: () => HISTOGRAM,
    createHistogram: () => HISTOGRAM,
    constants: {},
  };
}
