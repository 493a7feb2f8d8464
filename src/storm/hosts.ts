/**
 * Hosts by role and number, so that a scenario need not spell out a topology: `{ server: 3, client: 2 }` are `server-1` to
 * `server-3` and two clients. One host of a role is called by the role's name. Clients stand on the internet; the others stand
 * in zones of one region, in regions of one provider, or with different providers.
 */
import type { Domain, HostSpec } from "../sim/plan.js";

/** How the hosts of a role are spread out, one after the other and then all over again. Default `zones`. */
export type Spread = "zones" | "regions" | "providers";

/** How many hosts of each role. */
export type HostCounts = Readonly<
  Record<string, number | { readonly count: number; readonly spread: Spread }>
>;

const PLACES: { readonly [S in Spread]: readonly Domain[] } = {
  zones: [
    { provider: "aws", region: "us-east", zone: "a" },
    { provider: "aws", region: "us-east", zone: "b" },
    { provider: "aws", region: "us-east", zone: "c" },
  ],
  regions: [
    { provider: "aws", region: "us-east", zone: "a" },
    { provider: "aws", region: "us-west", zone: "a" },
    { provider: "aws", region: "eu-west", zone: "a" },
  ],
  providers: [
    { provider: "aws", region: "us-east", zone: "a" },
    { provider: "gcp", region: "central", zone: "a" },
    { provider: "azure", region: "west", zone: "1" },
  ],
};
const INTERNET: Domain = { provider: "internet", region: "world" };

/**
 * @param clients roles that stand on the internet.
 * @throws RangeError for a number of hosts that is none.
 */
export function hostsOf(counts: HostCounts, clients: readonly string[]): readonly HostSpec[] {
  return Object.entries(counts).flatMap(([role, wanted]) => {
    const { count, spread } =
      typeof wanted === "number" ? { count: wanted, spread: "zones" as const } : wanted;
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new RangeError(`hosts.${role}: expected a whole number, got ${count}`);
    }
    const places = clients.includes(role) ? [INTERNET] : PLACES[spread];
    return Array.from({ length: count }, (_, i) => ({
      id: count === 1 ? role : `${role}-${i + 1}`,
      domain: places[i % places.length] ?? INTERNET, // no list of places is empty
      role,
    }));
  });
}
