/**
 * Where the runner stands: three brokers in three zones, the store and the gateway beside them, three nodes. Customers, the
 * poison producer and the operator stand outside of storms, and so do payments and the carrier.
 */
import type { Domain, HostSpec } from "seedstorm";

const INTERNET: Domain = { provider: "internet", region: "world" };

const zone = (name: string): Domain => ({ provider: "aws", region: "us-east", zone: name });

export const BROKERS = ["broker-1", "broker-2", "broker-3"] as const;
export const NODES = ["runner-1", "runner-2", "runner-3"] as const;
export const CLIENTS = ["client-1", "client-2"] as const;
export const PRODUCER = "producer";
export const OPERATOR = "operator";

export const RUNNER_TOPOLOGY: readonly HostSpec[] = [
  { id: "broker-1", domain: zone("a"), role: "broker" },
  { id: "broker-2", domain: zone("b"), role: "broker" },
  { id: "broker-3", domain: zone("c"), role: "broker" },
  { id: "store", domain: zone("a"), role: "store" },
  { id: "gateway", domain: zone("b"), role: "gateway" },
  { id: "runner-1", domain: zone("a"), role: "runner" },
  { id: "runner-2", domain: zone("b"), role: "runner" },
  { id: "runner-3", domain: zone("c"), role: "runner" },
  { id: "client-1", domain: INTERNET, role: "client" },
  { id: "client-2", domain: INTERNET, role: "client" },
  { id: PRODUCER, domain: INTERNET, role: "producer" },
  { id: OPERATOR, domain: INTERNET, role: "operator" },
];
