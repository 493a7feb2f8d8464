/**
 * Arbitraries for the fields of a fault, made of what its kind declares. What hits hosts hits replicas half of the time: they are
 * few, and the interesting state is there.
 */
import * as fc from "fast-check";
import type { Draw } from "../sim/faults/draws.js";
import type { Domain, HostSpec } from "../sim/plan.js";
import type { FaultScope } from "./fault-scope.js";
import { ms, percent } from "./units.js";

/**
 * Values for these fields, drawn one after the other.
 *
 * @param victim the one host of the run that may lose what it stores, or be lost.
 */
export function fieldsBy(
  draws: Readonly<Record<string, Draw>>,
  scope: FaultScope,
  victim: string,
): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const own = Object.entries(draws).filter(([, { draw }]) => draw !== "with-target");
  const fields = fc.record(
    Object.fromEntries(own.map(([name, draw]) => [name, fieldBy(draw, scope, victim)])),
  );
  if (draws.target?.draw !== "upgrade") return fields;
  return fields.map(({ target, ...others }) => ({ ...others, ...(target as object) })); // with its settings
}

/** A value for one field. */
export function fieldBy(draw: Draw, scope: FaultScope, victim: string): fc.Arbitrary<unknown> {
  switch (draw.draw) {
    case "whole":
      return fc.integer({ min: draw.low, max: draw.high });
    case "ms":
      return ms(draw.low, draw.high);
    case "percent":
      return percent(draw.low, draw.high);
    case "either-way":
      return fc
        .tuple(fc.boolean(), fieldBy(draw.of, scope, victim) as fc.Arbitrary<number>) // of numbers alone
        .map(([negative, n]) => (negative ? -n : n));
    case "zero-or":
      return fc.oneof(fc.constant(0), fieldBy(draw.of, scope, victim));
    case "one-of":
      return fc.constantFrom(...draw.values);
    case "flag":
      return fc.boolean();
    case "host":
      return anyHost(scope);
    case "replica":
      return replica(scope);
    case "victim":
      return fc.constant(victim);
    case "domain":
      return domain(scope);
    case "host-or-domain":
      return fc.oneof(anyHost(scope), domain(scope));
    case "host-or-all":
      return fc.oneof(anyHost(scope), fc.constant("*"));
    case "service":
      return service(scope);
    case "end":
      return fc.oneof(anyHost(scope), domain(scope), fc.constant("*"));
    case "side": {
      const one = anyHost(scope);
      return fc.oneof(fc.tuple(one), fc.tuple(domain(scope)), fc.tuple(one, one));
    }
    case "others":
      return fc.oneof(fc.constant(["*"]), fc.tuple(anyHost(scope)), fc.tuple(domain(scope)));
    case "upgrade":
      return upgrade(scope);
    case "with-target":
      throw new Error("a field that comes with the target is not drawn by itself");
  }
}

function host({ hosts }: FaultScope): fc.Arbitrary<string> {
  return fc.constantFrom(...hosts.map(({ id }) => id));
}

function replica(scope: FaultScope): fc.Arbitrary<string> {
  return scope.replicas.length > 0 ? fc.constantFrom(...scope.replicas) : host(scope);
}

function anyHost(scope: FaultScope): fc.Arbitrary<string> {
  return fc.oneof(host(scope), replica(scope));
}

function service(scope: FaultScope): fc.Arbitrary<string> {
  const { services } = scope;
  return services.length > 0 ? fc.constantFrom(...services.map((name) => `external/${name}`)) : host(scope);
}

function domain({ hosts }: FaultScope): fc.Arbitrary<string> {
  const { providers, regions, zones } = domainSelectors(hosts);
  return fc.constantFrom(...providers, ...regions, ...zones);
}

/** Providers, regions and zones that hosts stand in, as selectors. */
function domainSelectors(hosts: readonly HostSpec[]): {
  providers: string[];
  regions: string[];
  zones: string[];
} {
  const providers = new Set<string>();
  const regions = new Set<string>();
  const zones = new Set<string>();
  for (const { domain } of hosts) {
    providers.add(`provider/${domain.provider}`);
    regions.add(`region/${domain.provider}/${domain.region}`);
    if (domain.zone !== undefined) zones.add(zoneSelector(domain, domain.zone));
  }
  return { providers: [...providers], regions: [...regions], zones: [...zones] };
}

function zoneSelector(domain: Domain, zone: string): string {
  return `zone/${domain.provider}/${domain.region}/${zone}`;
}

function upgrade({ upgrades = [] }: FaultScope): fc.Arbitrary<object> {
  if (upgrades.length === 0)
    throw new RangeError("the kind upgrade needs upgrades: hosts, and the settings that they get");
  return fc
    .constantFrom(...upgrades)
    .chain(({ hosts, settings }) => fc.constantFrom(...hosts).map((target) => ({ target, settings })));
}
