/** The fault union: stub to be completed. */
import type { Micros } from "./time.js";

/**
 * A set of hosts: a host's id, `provider/aws`, `region/aws/us-east`, `zone/aws/us-east/a`, or `*` for all.
 * Outside services are addressed by name: `outside/payments`.
 */
export type Selector = string;

interface FaultBase {
  /** Unique within the plan, stable when other faults are taken out: its draws are forked by it. */
  readonly id: string;
  readonly at: Micros;
}
interface Lasting extends FaultBase {
  /** How long until it is healed. */
  readonly for: Micros;
}

export type Fault =
  // hosts
  | (Lasting & { readonly kind: "crash"; readonly target: Selector }) // restarts after `for`
  | (Lasting & { readonly kind: "pause"; readonly target: Selector })
  | (Lasting & {
      readonly kind: "crash-point";
      readonly target: Selector; // one host
      readonly point: number; // the n-th durable write or external call of that host after `at`, from 1
      readonly side: "before" | "after";
    })
  | (Lasting & { readonly kind: "domain-loss"; readonly target: Selector }) // provider, region or zone: hosts and outside services there
  // network; `from` and `to` are directed unless said otherwise
  | (Lasting & { readonly kind: "partition"; readonly a: readonly Selector[]; readonly b: readonly Selector[]; readonly oneWay: boolean })
  | (Lasting & { readonly kind: "clog"; readonly from: Selector; readonly to: Selector }) // held back, delivered on unclog
  | (Lasting & { readonly kind: "loss"; readonly from: Selector; readonly to: Selector; readonly ratio: number })
  | (Lasting & { readonly kind: "duplication"; readonly from: Selector; readonly to: Selector; readonly ratio: number })
  | (Lasting & { readonly kind: "reorder"; readonly from: Selector; readonly to: Selector; readonly ratio: number; readonly by: Micros })
  | (Lasting & { readonly kind: "slow-link"; readonly from: Selector; readonly to: Selector; readonly factor: number })
  | (Lasting & { readonly kind: "flaky-link"; readonly from: Selector; readonly to: Selector; readonly up: Micros; readonly down: Micros })
  | (Lasting & { readonly kind: "bandwidth"; readonly from: Selector; readonly to: Selector; readonly bytesPerSecond: number })
  // disk; target is one host
  | (FaultBase & { readonly kind: "bit-rot"; readonly target: Selector })
  | (FaultBase & { readonly kind: "misdirected-write"; readonly target: Selector }) // the next write lands elsewhere in its file
  | (FaultBase & { readonly kind: "latent-sector-error"; readonly target: Selector }) // a sector can't be read until written again
  | (FaultBase & { readonly kind: "fsync-failure"; readonly target: Selector }) // the next fsync fails, its pages are clean and gone
  | (Lasting & { readonly kind: "disk-full"; readonly target: Selector })
  | (Lasting & { readonly kind: "disk-slow"; readonly target: Selector; readonly factor: number })
  | (Lasting & { readonly kind: "disk-stall"; readonly target: Selector })
  | (Lasting & { readonly kind: "disk-wipe"; readonly target: Selector }) // the host is down for `for` and comes back empty
  // clock; target is one host
  | (Lasting & { readonly kind: "clock-skew"; readonly target: Selector; readonly by: Micros }) // a constant offset, either way
  | (Lasting & { readonly kind: "clock-drift"; readonly target: Selector; readonly ppm: number })
  | (FaultBase & { readonly kind: "clock-jump"; readonly target: Selector; readonly by: Micros })
  | (Lasting & { readonly kind: "clock-strobe"; readonly target: Selector; readonly by: Micros; readonly period: Micros })
  | (Lasting & { readonly kind: "clock-freeze"; readonly target: Selector })
  // outside services; target `outside/NAME`
  | (Lasting & { readonly kind: "outside-slow"; readonly target: Selector; readonly factor: number })
  | (Lasting & { readonly kind: "outside-errors"; readonly target: Selector; readonly ratio: number })
  | (Lasting & { readonly kind: "outside-hang"; readonly target: Selector; readonly ratio: number })
  | (Lasting & { readonly kind: "outside-lost-reply"; readonly target: Selector; readonly ratio: number });

export type FaultKind = Fault["kind"];
