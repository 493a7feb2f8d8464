/**
 * How a scenario of order processing is put together: a workload, a storm and what must hold. A hundred seconds of virtual time:
 * orders come and faults strike in the first third, then everything heals; later some more orders come, to which success is
 * owed, and in the end liveness is judged.
 */
import * as fc from "fast-check";
import { type Fault, type FaultScope, type Micros, prescribed, SECOND } from "seedstorm";
import { CARRIERS } from "../../model/orders/external/carrier.js";
import { MAIL } from "../../model/orders/external/mail.js";
import { PAYMENTS } from "../../model/orders/external/payment-provider.js";
import { ORDERS_DEFAULTS } from "../../model/orders/knobs.js";
import { type CommonScenario, scenariosOf } from "../define.js";
import { ordersSystem } from "./system.js";
import { BROKERS, ORDER_STORE_HOST, ORDERS_TOPOLOGY, STOCK_STORE_HOST, UNDER_STORM } from "./topology.js";
import { type WorkloadShape, workload } from "./workload.js";

export const HEAL_AT: Micros = 32 * SECOND;
const DURATION: Micros = 100 * SECOND;
const FIRST_FAULT: Micros = 3 * SECOND;

/** Where storms rage. */
export const SCOPE: FaultScope = {
  from: FIRST_FAULT,
  healAt: HEAL_AT,
  hosts: UNDER_STORM,
  replicas: [ORDER_STORE_HOST, STOCK_STORE_HOST],
  services: [PAYMENTS, ...CARRIERS, MAIL],
};

/** Hosts of services only. */
export const SERVICE_GROUND: FaultScope = {
  ...SCOPE,
  hosts: UNDER_STORM.filter(({ role }) => !role.endsWith("-store")),
  replicas: [],
};

/** Of what comes to a host, such a part comes twice, from the first fault until all is well. */
export const deliveredTwice = (to: string, ratio: number): fc.Arbitrary<Fault[]> =>
  prescribed({
    kind: fc.constant("duplication" as const),
    at: fc.constant(FIRST_FAULT),
    for: fc.constant(HEAL_AT - FIRST_FAULT),
    from: fc.constant("*"),
    to: fc.constant(to),
    ratio: fc.constant(ratio),
  });

const WORKLOAD: WorkloadShape = {
  orders: { min: 8, max: 25 },
  laterOrders: { min: 2, max: 5 },
  declined: 5,
  shaky: 5,
  hopeless: 2,
  drained: 4,
  remote: 5,
  nowhere: 2,
  hot: 25,
  cancelled: 15,
  invalid: 3,
  conflicting: 4,
  poison: 0,
  products: ORDERS_DEFAULTS.products,
  restocks: { min: 0, max: 3 },
  kills: { min: 0, max: 0 },
  configurations: { min: 0, max: 0 },
  forgeries: { min: 0, max: 1 },
  from: 3 * SECOND,
  to: 30 * SECOND,
  laterFrom: 52 * SECOND,
  laterTo: 60 * SECOND,
};

/** Pools for a few dozen orders: what is large enough for a thousand a second would hide that they grow. */
const POOLS = 40;

const COMMON: CommonScenario<WorkloadShape> = {
  system: ordersSystem,
  hosts: ORDERS_TOPOLOGY,
  workload,
  shape: WORKLOAD,
  knobs: { maxPoolSize: POOLS },
  strategy: "swarm",
  healAt: HEAL_AT,
  duration: DURATION,
};

export const ordersScenario = scenariosOf<WorkloadShape>(COMMON);

/** The same, with brokers that keep order events. */
export const brokerScenario = scenariosOf<WorkloadShape>({
  ...COMMON,
  hosts: [...ORDERS_TOPOLOGY, ...BROKERS],
});
