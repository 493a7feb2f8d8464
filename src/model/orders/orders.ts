/**
 * Order processing, put together: which part boots on which host.
 *
 * Roles of hosts: `gateway`, `orders`, `payment`, `inventory`, `shipping`, `registry` (one or more of each), `order-store`,
 * `stock-store` and `notifier` (one of each), `customer`, `operator`, and `webhooks`, which delivers for the payment provider.
 * Where there are hosts with the role `broker`, order events go over a topic that they keep.
 * Payment provider, carriers and mail service stand outside.
 */
import type { Host, HostSpec, Plan, World } from "seedstorm";
import { RegistryServer } from "../actors/registry/server.js";
import { startBroker } from "../broker/broker.js";
import { duration } from "./config.js";
import { Customer } from "./customer.js";
import { CARRIERS, Carrier } from "./external/carrier.js";
import { MAIL, MailService } from "./external/mail.js";
import { PAYMENTS, PaymentProvider } from "./external/payment-provider.js";
import { Gateway } from "./gateway.js";
import { InventoryService } from "./inventory-service.js";
import { configOf, type OrdersKnobs, ordersKnobs } from "./knobs.js";
import { Notifier } from "./notifier.js";
import { Operator } from "./operator.js";
import { ORDER_STORE } from "./order.js";
import { OrderService } from "./order-service.js";
import { PaymentService } from "./payment-service.js";
import { type Deployment, registryConfig } from "./service.js";
import { ShippingService } from "./shipping-service.js";
import { STOCK_STORE, stockKey } from "./stock.js";
import { Store } from "./store/store.js";
import { WebhookSender } from "./webhooks.js";

const ORDER_STORE_CONNECTIONS = 200;

/** Brings order processing to life in a world made for this plan. Throws a RangeError when a part has no host. */
export function buildOrders(world: World, plan: Plan): void {
  const knobs = ordersKnobs(plan.knobs);
  const config = configOf(knobs);
  const hosts = (role: string): string[] =>
    plan.topology.filter((spec) => spec.role === role).map(({ id }) => id);
  const places: Omit<Deployment, "knobs" | "config"> = {
    registries: hosts("registry"),
    orderStore: firstWith(plan.topology, "order-store"),
    stockStore: firstWith(plan.topology, "stock-store"),
    subscribers: hosts("notifier"),
    brokers: hosts("broker"),
  };
  const planned: Deployment = { knobs, config, ...places };
  /** As the plan has it, or with the settings that a host was upgraded to. */
  const deploymentOn = (host: Host): Deployment => {
    if (host.knobs === plan.knobs) return planned;
    const upgraded = ordersKnobs(host.knobs);
    return { knobs: upgraded, config: configOf(upgraded), ...places };
  };
  const provider = new PaymentProvider({
    callsPerSecond: knobs.providerCallsPerSecond,
    authorizationTtl: knobs.authorizationTtl,
  });
  world.addExternal(PAYMENTS, { create: () => provider });
  for (const carrier of CARRIERS) world.addExternal(carrier, { create: () => new Carrier(carrier) });
  world.addExternal(MAIL, { create: () => new MailService() });
  const { database } = config.services.inventory;
  const storeOptions = {
    connectionIdle: duration(database.connection_idle),
    compactAfter: knobs.compactAfter,
  };
  for (const { id, role } of plan.topology) {
    const operations = plan.workload.filter((operation) => operation.host === id);
    world.onBoot(id, (host) => {
      const deployment = deploymentOn(host);
      switch (role) {
        case "order-store":
          return new Store(host, {
            ...storeOptions,
            name: ORDER_STORE,
            maxConnections: ORDER_STORE_CONNECTIONS,
            initial: [],
          }).start();
        case "stock-store":
          return new Store(host, {
            ...storeOptions,
            name: STOCK_STORE,
            maxConnections: knobs.stockConnections === 0 ? database.max_connections : knobs.stockConnections,
            initial: products(knobs),
          }).start();
        case "registry":
          return new RegistryServer(host, registryConfig(deployment)).start();
        case "gateway":
          return new Gateway(host, deployment).start();
        case "orders":
          return new OrderService(host, deployment).start();
        case "payment":
          return new PaymentService(host, deployment).start();
        case "inventory":
          return new InventoryService(host, deployment, hosts("inventory").length).start();
        case "shipping":
          return new ShippingService(host, deployment).start();
        case "notifier":
          return new Notifier(host, deployment).start();
        case "broker":
          return startBroker(host, { brokers: places.brokers }).then(() => {});
        case "customer":
          return new Customer(host, knobs, hosts("gateway")).start(operations);
        case "operator":
          return new Operator(host, deployment).start(operations);
        case "webhooks":
          return new WebhookSender(host, provider, hosts("payment")).start();
      }
    });
  }
}

/** Name of the n-th product, from 1. */
export const skuOf = (n: number): string => `sku-${n}`;

function products({ products: count, stockPerProduct }: OrdersKnobs) {
  return Array.from({ length: count }, (_, i) => {
    const sku = skuOf(i + 1);
    return { key: stockKey(sku), value: { sku, available: stockPerProduct, reserved: 0, fulfilled: 0 } };
  });
}

function firstWith(topology: readonly HostSpec[], role: string): string {
  const host = topology.find((spec) => spec.role === role);
  if (host === undefined) {
    throw new RangeError(`topology: order processing needs a host with the role "${role}"`);
  }
  return host.id;
}
