/**
 * Where the brokers stand: three zones of one region, with workers, mailers and keepers beside them; a third worker in another
 * region. Producers, tellers and the admin stand outside of the storm.
 */
import type { Domain, HostSpec } from "seedstorm";

const zone = (region: string, name: string): Domain => ({ provider: "aws", region, zone: name });
const INTERNET: Domain = { provider: "internet", region: "world" };

export const BROKERS = ["broker-a", "broker-b", "broker-c"] as const;
export const PRODUCERS = ["producer-1", "producer-2"] as const;
export const KEEPERS = ["keeper-1", "keeper-2"] as const;
export const TELLERS = ["teller-1", "teller-2"] as const;
export const STORE = "vault";

export const BROKER_TOPOLOGY: readonly HostSpec[] = [
  { id: "broker-a", domain: zone("us-east", "a"), role: "broker" },
  { id: "broker-b", domain: zone("us-east", "b"), role: "broker" },
  { id: "broker-c", domain: zone("us-east", "c"), role: "broker" },
  { id: STORE, domain: zone("us-east", "b"), role: "store" },
  { id: "worker-1", domain: zone("us-east", "a"), role: "worker" },
  { id: "worker-2", domain: zone("us-west", "a"), role: "worker" },
  { id: "mailer-1", domain: zone("us-east", "b"), role: "mailer" },
  { id: "mailer-2", domain: zone("us-east", "c"), role: "mailer" },
  { id: "keeper-1", domain: zone("us-east", "a"), role: "keeper" },
  { id: "keeper-2", domain: zone("us-east", "c"), role: "keeper" },
  { id: "admin", domain: INTERNET, role: "admin" },
  { id: "producer-1", domain: INTERNET, role: "producer" },
  { id: "producer-2", domain: INTERNET, role: "producer" },
  { id: "teller-1", domain: INTERNET, role: "teller" },
  { id: "teller-2", domain: INTERNET, role: "teller" },
];

/** Roles that no storm hits. */
export const CLIENT_ROLES = ["admin", "producer", "teller"] as const;

const external: ReadonlySet<string> = new Set(CLIENT_ROLES);
export const UNDER_STORM = BROKER_TOPOLOGY.filter(({ role }) => !external.has(role));
