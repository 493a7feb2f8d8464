/**
 * Where the saga engine stands: its database, its front and two runners in zones of one region, a third
 * runner in another. Customers and the operator stand outside of the storm, and so does the cloud.
 */
import type { Domain, HostSpec } from "seedstorm";

const INTERNET: Domain = { provider: "internet", region: "world" };

export const DATABASE = "db";
export const API = "api";
export const RUNNERS = ["runner-1", "runner-2", "runner-3"] as const;
export const CUSTOMERS = ["customer-1", "customer-2"] as const;
export const OPERATOR = "operator";

const zone = (region: string, name: string): Domain => ({ provider: "aws", region, zone: name });

export const SAGA_TOPOLOGY: readonly HostSpec[] = [
  { id: DATABASE, domain: zone("us-east", "a"), role: "database" },
  { id: API, domain: zone("us-east", "b"), role: "api" },
  { id: "runner-1", domain: zone("us-east", "a"), role: "runner" },
  { id: "runner-2", domain: zone("us-east", "b"), role: "runner" },
  { id: "runner-3", domain: zone("us-west", "a"), role: "runner" },
  { id: "auditor", domain: zone("us-east", "c"), role: "auditor" },
  { id: "customer-1", domain: INTERNET, role: "customer" },
  { id: "customer-2", domain: INTERNET, role: "customer" },
  { id: OPERATOR, domain: INTERNET, role: "operator" },
];

/** Hosts that may be hit. */
export const UNDER_STORM = SAGA_TOPOLOGY.filter(({ role }) => role !== "customer" && role !== "operator");
