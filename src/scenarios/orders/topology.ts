/**
 * Where order processing stands: two hosts of each service, two registries and the two stores in zones of one region. Customers,
 * operators and what delivers webhooks stand outside of the storm.
 */
import type { Domain, HostSpec } from "seedstorm";

const INTERNET: Domain = { provider: "internet", region: "world" };
const zone = (name: string): Domain => ({ provider: "aws", region: "us-west-2", zone: name });

export const ORDER_STORE_HOST = "order-store";
export const STOCK_STORE_HOST = "stock-store";
export const SERVICES = ["gateway", "orders", "payment", "inventory", "shipping"] as const;
export const CUSTOMERS = ["customer-1", "customer-2"] as const;
export const OPERATOR = "operator";

const pair = (role: string): HostSpec[] => [
  { id: `${role}-1`, domain: zone("a"), role },
  { id: `${role}-2`, domain: zone("b"), role },
];

export const ORDERS_TOPOLOGY: readonly HostSpec[] = [
  { id: ORDER_STORE_HOST, domain: zone("c"), role: "order-store" },
  { id: STOCK_STORE_HOST, domain: zone("c"), role: "stock-store" },
  ...pair("registry"),
  ...SERVICES.flatMap(pair),
  { id: "notifier", domain: zone("c"), role: "notifier" },
  ...CUSTOMERS.map((id) => ({ id, domain: INTERNET, role: "customer" })),
  { id: OPERATOR, domain: INTERNET, role: "operator" },
  { id: "provider-webhooks", domain: INTERNET, role: "webhooks" },
];

/** Keep order events for their subscribers, where a scenario has them. */
export const BROKERS: readonly HostSpec[] = ["a", "b", "c"].map((name, n) => ({
  id: `broker-${n + 1}`,
  domain: zone(name),
  role: "broker",
}));

const BEYOND: ReadonlySet<string> = new Set(["customer", "operator", "webhooks"]);
/** Hosts that may be hit. */
export const UNDER_STORM = ORDERS_TOPOLOGY.filter(({ role }) => !BEYOND.has(role));
/** Hosts with workers. */
export const WITH_WORKERS = ORDERS_TOPOLOGY.filter(({ role }) =>
  ["orders", "payment", "inventory", "shipping"].includes(role),
).map(({ id }) => id);
