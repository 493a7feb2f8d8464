/**
 * Where the mirror stands: a home cluster and two more in other regions, with log and directory in a third
 * provider. Applications and the operator stand outside of the storm.
 */
import type { Domain, HostSpec } from "seedstorm";

const INTERNET: Domain = { provider: "internet", region: "world" };

export const HOME = "east";
export const SECONDARIES = ["west", "europe"] as const;
export const CLUSTERS = [HOME, ...SECONDARIES] as const;
export const LOG = "log";
export const DIRECTORY = "directory";
export const APPLICATIONS = ["app-1", "app-2"] as const;
export const OPERATOR = "operator";

export const MIRROR_TOPOLOGY: readonly HostSpec[] = [
  { id: HOME, domain: { provider: "aws", region: "us-east", zone: "a" }, role: "cluster" },
  { id: "west", domain: { provider: "aws", region: "us-west", zone: "a" }, role: "cluster" },
  { id: "europe", domain: { provider: "gcp", region: "europe", zone: "a" }, role: "cluster" },
  { id: LOG, domain: { provider: "azure", region: "central", zone: "1" }, role: "log" },
  { id: DIRECTORY, domain: { provider: "azure", region: "central", zone: "2" }, role: "directory" },
  { id: "app-1", domain: INTERNET, role: "client" },
  { id: "app-2", domain: INTERNET, role: "client" },
  { id: OPERATOR, domain: INTERNET, role: "operator" },
];

/** Hosts that may be hit. */
export const UNDER_STORM = MIRROR_TOPOLOGY.filter(({ role }) => role !== "client" && role !== "operator");
