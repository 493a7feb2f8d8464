/**
 * Where the order pipeline stands.
 *
 * `hardened`: three voters on three providers, so that a quorum survives the loss of any one. `source`: the two
 * voters of the design as it is usually described, which tolerate no loss at all. `five-voters` on three providers survive any
 * two; `learner` is `hardened` with one that learns and never votes; `witness` has two voters and a third that votes and
 * keeps no content, so that no disk with content may be damaged. Gateways and workers stand in several providers, shops and
 * the auditor outside of all of them.
 */
import type { Domain, HostSpec } from "seedstorm";

export type Preset = "hardened" | "spares" | "source" | "five-voters" | "learner" | "witness";

const AWS_A: Domain = { provider: "aws", region: "us-east", zone: "a" };
const AWS_B: Domain = { provider: "aws", region: "us-east", zone: "b" };
const AWS_EU: Domain = { provider: "aws", region: "eu-west", zone: "a" };
const GCP: Domain = { provider: "gcp", region: "central" };
const AZURE: Domain = { provider: "azure", region: "west", zone: "1" };
const AZURE_2: Domain = { provider: "azure", region: "west", zone: "2" };
const INTERNET: Domain = { provider: "internet", region: "world" };

const host = (id: string, domain: Domain, role: string): HostSpec => ({ id, domain, role });

const SHOPS = [host("shop-1", INTERNET, "shop"), host("shop-2", INTERNET, "shop")];
const STAFF = [host("auditor", INTERNET, "auditor"), host("operator", INTERNET, "operator")];

const VOTERS = [
  host("orders-aws-a", AWS_A, "replica"),
  host("orders-gcp-central", GCP, "replica"),
  host("orders-azure-west", AZURE, "replica"),
];
/** What there is besides replicas where three providers are used. */
const SERVERS = [
  host("gateway-aws", AWS_B, "gateway"),
  host("gateway-gcp", GCP, "gateway"),
  host("worker-aws", AWS_EU, "worker"),
  host("worker-gcp", GCP, "worker"),
  host("worker-azure", AZURE_2, "worker"),
  host("keeper-aws", AWS_B, "maintenance"),
  host("keeper-azure", AZURE_2, "maintenance"),
];
const HARDENED: readonly HostSpec[] = [...VOTERS, ...SERVERS, ...SHOPS, ...STAFF];

const TOPOLOGIES: { readonly [P in Preset]: readonly HostSpec[] } = {
  hardened: HARDENED,
  spares: [
    ...HARDENED,
    host("spare-aws", AWS_B, "replica-spare"),
    host("spare-azure", AZURE_2, "replica-spare"),
  ],
  "five-voters": [
    ...VOTERS,
    host("orders-aws-eu", AWS_EU, "replica"),
    host("orders-azure-2", AZURE_2, "replica"),
    ...SERVERS,
    ...SHOPS,
    ...STAFF,
  ],
  learner: [...VOTERS, host("orders-aws-eu", AWS_EU, "replica-learner"), ...SERVERS, ...SHOPS, ...STAFF],
  witness: [
    host("orders-aws-a", AWS_A, "replica"),
    host("orders-gcp-central", GCP, "replica"),
    host("witness-azure-west", AZURE, "replica-witness"),
    ...SERVERS,
    ...SHOPS,
    ...STAFF,
  ],
  source: [
    host("orders-aws-a", AWS_A, "replica"),
    host("orders-gcp-central", GCP, "replica"),
    host("gateway-aws", AWS_B, "gateway"),
    host("gateway-gcp", GCP, "gateway"),
    host("worker-aws", AWS_B, "worker"),
    host("worker-gcp", GCP, "worker"),
    host("keeper-aws", AWS_B, "maintenance"),
    host("keeper-gcp", GCP, "maintenance"),
    ...SHOPS,
    ...STAFF,
  ],
};

export function topologyOf(preset: Preset): readonly HostSpec[] {
  return TOPOLOGIES[preset];
}

/** Hosts with one of these roles. */
export function withRole(topology: readonly HostSpec[], ...roles: readonly string[]): HostSpec[] {
  return topology.filter((spec) => roles.includes(spec.role));
}

/** Everything that belongs to the pipeline: shops, auditor and operator stand outside of the storm. */
export function underStorm(topology: readonly HostSpec[]): HostSpec[] {
  return withRole(
    topology,
    "replica",
    "replica-learner",
    "replica-witness",
    "gateway",
    "worker",
    "maintenance",
  );
}
