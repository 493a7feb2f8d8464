/**
 * Where machines stand, how far apart they are, and how faults name them.
 *
 * Provider › region › zone › host. The distance of two machines picks the profile of the link between them;
 * the medians are those of public clouds: 0.25 ms within a zone, 1 ms across zones, 30 ms across regions,
 * 45 ms across providers, each with a tail.
 */

import { type Table, tableOf } from "./random.js";
import type { Domain } from "./spec.js";

export type Distance = "same-host" | "same-zone" | "cross-zone" | "cross-region" | "cross-provider";

export function distanceOf(a: Domain, b: Domain): Exclude<Distance, "same-host"> {
  if (a.provider !== b.provider) return "cross-provider";
  if (a.region !== b.region) return "cross-region";
  return a.zone === b.zone ? "same-zone" : "cross-zone";
}

/** Shares of messages and how many times the median they take: most are close to it, one in a thousand takes eight times as long. */
const TAIL = [
  [0, 0.8],
  [0.5, 1],
  [0.9, 1.3],
  [0.99, 2.5],
  [0.999, 5],
  [1, 8],
] as const;

/** One-way latencies in microseconds. */
export const LATENCY: Readonly<Record<Distance, Table>> = {
  "same-host": tableOf(
    [
      [0, 8],
      [1, 12],
    ],
    1,
  ),
  "same-zone": tableOf(TAIL, 250),
  "cross-zone": tableOf(TAIL, 1_000),
  "cross-region": tableOf(TAIL, 30_000),
  "cross-provider": tableOf(TAIL, 45_000),
};

/** `aws/us-east/a`, or `gcp/central` where there is no zone. */
export function domainName(domain: Domain): string {
  const region = `${domain.provider}/${domain.region}`;
  return domain.zone === undefined ? region : `${region}/${domain.zone}`;
}

/** Something that stands somewhere: a host, or an external service, whose domain may be unknown. */
export interface Placed {
  readonly id: string;
  readonly domain: Domain;
  /** An external service: `*` does not mean it. */
  readonly external: boolean;
}

/**
 * Whether a selector means this machine. Selectors are a host's id, `provider/NAME`, `region/PROVIDER/NAME`,
 * `zone/PROVIDER/REGION/NAME`, `external/NAME`, or `*` for every host.
 */
export function selects(selector: string, machine: Placed): boolean {
  if (selector === "*") return !machine.external;
  if (selector === machine.id) return true;
  const slash = selector.indexOf("/");
  if (slash < 0) return false;
  const name = selector.slice(slash + 1);
  const { provider, region, zone } = machine.domain;
  switch (selector.slice(0, slash)) {
    case "provider":
      return name === provider;
    case "region":
      return name === `${provider}/${region}`;
    case "zone":
      return zone !== undefined && name === `${provider}/${region}/${zone}`;
    default:
      return false;
  }
}
