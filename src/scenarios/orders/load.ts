/**
 * The load: orders that come by themselves, whether or not others have been answered, at a rate that is constant, rises, comes in
 * a burst or goes up and down as a day does; of heavy-tailed sizes, some for one hot product. Its report measures the eight promises.
 *
 * The knobs `ordersPerSecond`, `loadSeconds` and `loadShape` make it larger: a campaign has small ones by the hundred, a measurement
 * one of 60,000 orders.
 */
import * as fc from "fast-check";
import {
  defineScenario,
  type Json,
  type KnobValue,
  type Micros,
  type Operation,
  type PlanOptions,
  Random,
  type Scenario,
  SECOND,
} from "seedstorm";
import { CARDS } from "../../model/orders/external/payment-provider.js";
import { GOALS } from "../../model/orders/goals.js";
import { skuOf } from "../../model/orders/orders.js";
import { ordersSystem } from "./system.js";
import { CUSTOMERS, ORDERS_TOPOLOGY } from "./topology.js";

export const LOAD_SHAPES = ["constant", "ramp", "burst", "diurnal"] as const;
export type LoadShape = (typeof LOAD_SHAPES)[number];

export interface Load {
  readonly ordersPerSecond: number;
  readonly loadSeconds: number;
  readonly loadShape: LoadShape;
}

const SMALL: Load = { ordersPerSecond: 40, loadSeconds: 10, loadShape: "constant" };
const PRODUCTS = 200;
/** By then the slowest registry takes every instance for healthy: three checks, ten seconds apart. */
const FROM: Micros = 45 * SECOND;
/** For what is under way when the last order has come: two full queues, where pools are small. */
const AFTER = { tuned: 40 * SECOND, source: 150 * SECOND } as const;

/** Pieces of a line by a thousandth of the lines: most are for one, one in a thousand for fifty. */
const TAIL: readonly (readonly [below: number, pieces: number])[] = [
  [700, 1],
  [880, 2],
  [950, 4],
  [985, 10],
  [999, 25],
  [1_000, 50],
];

/** Thousandths of the average rate in a part of the load, counted in hundredths of its length. */
export function rateAt(shape: LoadShape, hundredth: number): number {
  switch (shape) {
    case "constant":
      return 1_000;
    case "ramp":
      return 100 + hundredth * 18;
    case "burst":
      return hundredth >= 45 && hundredth < 55 ? 5_500 : 500;
    case "diurnal": {
      // Up and down again twice, in straight lines.
      const phase = hundredth % 50;
      return 200 + (phase < 25 ? phase : 50 - phase) * 64;
    }
  }
}

/** One order, in thousandths of orders a second times microseconds. */
const WHOLE = 1_000 * SECOND;

/** When orders come: spread evenly within each hundredth of the load, jittered by chance. */
export function arrivals({ ordersPerSecond, loadSeconds, loadShape }: Load, random: Random): Micros[] {
  const part = Math.floor((loadSeconds * SECOND) / 100);
  const times: Micros[] = [];
  let owed = 0;
  for (let n = 0; n < 100; n++) {
    owed += ordersPerSecond * rateAt(loadShape, n) * part;
    const count = Math.floor(owed / WHOLE);
    owed -= count * WHOLE;
    for (let i = 0; i < count; i++) times.push(FROM + n * part + random.below(part));
  }
  return times.sort((a, b) => a - b);
}

function ordersOf(load: Load, draw: number): Operation[] {
  const random = new Random(`load/${draw}`);
  return arrivals(load, random).map((at, i) => {
    const id = `order-${i + 1}`;
    const thousandth = random.below(1_000);
    const quantity = TAIL.find(([below]) => thousandth < below)?.[1] ?? 1;
    // One in twenty wants the hot product.
    const sku = skuOf(random.chance(0.05) ? 1 : 2 + random.below(PRODUCTS - 1));
    const card = random.chance(0.01) ? CARDS.declined : CARDS.good;
    const customer = CUSTOMERS[i % CUSTOMERS.length] ?? CUSTOMERS[0];
    const body: Json = {
      id,
      customer,
      lines: [{ sku, quantity }],
      cents: quantity * (100 + random.below(900)),
      card,
      address: "1 Main Street",
    };
    return { id: `place-${i + 1}`, at, host: customer, action: "place", body };
  });
}

function loadOf(knobs: Readonly<Record<string, KnobValue>>): Load {
  const { ordersPerSecond, loadSeconds, loadShape } = { ...SMALL, ...knobs };
  const shape = LOAD_SHAPES.find((known) => known === loadShape);
  if (shape === undefined)
    throw new RangeError(
      `knobs.loadShape: expected one of ${LOAD_SHAPES.join(", ")}, got ${JSON.stringify(loadShape)}`,
    );
  for (const [name, value] of Object.entries({ ordersPerSecond, loadSeconds })) {
    if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 1 || value > 10_000) {
      throw new RangeError(
        `knobs.${name}: expected a whole number from 1 to 10000, got ${JSON.stringify(value)}`,
      );
    }
  }
  return { ordersPerSecond, loadSeconds, loadShape: shape };
}

function loadScenario(preset: "tuned" | "source"): Scenario {
  const defined = (knobs: Readonly<Record<string, KnobValue>>): Scenario => {
    const load = loadOf(knobs);
    return defineScenario({
      id: preset === "tuned" ? "orders-load" : "orders-load-source",
      title: `the load, and the design's eight promises, with the configuration \`${preset}\``,
      shows:
        "Orders come at their own pace, constant, rising, in a burst or as a day goes, of heavy-tailed sizes and some for one hot product. The report " +
        "measures each of the eight promises beside what arithmetic allows; the properties hold whether or not they are kept.",
      system: ordersSystem,
      hosts: ORDERS_TOPOLOGY,
      workload: fc.nat().map((draw) => ordersOf(load, draw)),
      knobs: {
        preset,
        products: PRODUCTS,
        stockPerProduct: 1_000_000,
        providerCallsPerSecond: 100_000,
        lean: true,
        compactAfter: 1_000_000,
      },
      goals: [GOALS.completed, GOALS.confirmed],
      healAt: FROM + load.loadSeconds * SECOND,
      duration: FROM + load.loadSeconds * SECOND + AFTER[preset],
    });
  };
  return {
    ...defined({}),
    plan: (seed, options: PlanOptions = {}) => defined(options.knobs ?? {}).plan(seed, options),
  };
}

export const load = loadScenario("tuned");
export const loadSource = loadScenario("source");
