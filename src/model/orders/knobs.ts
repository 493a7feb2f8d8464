/** What a plan may set of order processing, besides its configuration: one table with every knob, its default and what it means. */
import { checkKnobNames, type KnobValue, type Micros, ms, SECOND, settingsOf } from "seedstorm";
import { duration, loadConfig, type OrdersConfig } from "./config.js";
import { PRESETS } from "./presets.js";

export interface OrdersKnobs {
  /** `source` or `tuned`. */
  readonly preset: string;
  /** In place of the configuration's queue capacity; 0 for that. */
  readonly queueCapacity: number;
  /** In place of the configuration's connections of the stock store; 0 for that. */
  readonly stockConnections: number;
  /** In place of the configuration's time for which a reservation is held; 0 for that. */
  readonly reservationTtl: Micros;
  /** In place of the greatest size of each pool, which then begins with a quarter of it and has a tenth at least; 0 for what the configuration says. */
  readonly maxPoolSize: number;
  /** Calls that the payment provider takes within a second. */
  readonly providerCallsPerSecond: number;
  /** How long an authorization can be captured. */
  readonly authorizationTtl: Micros;
  /** Products, and pieces of each at the beginning. */
  readonly products: number;
  readonly stockPerProduct: number;
  /** How long a customer waits for an answer, … */
  readonly clientTimeout: Micros;
  /** … how often it asks, … */
  readonly clientTries: number;
  /** … and how long it pauses in between. */
  readonly clientPause: Micros;
  /** How often the publisher looks for events. */
  readonly publishInterval: Micros;
  /** Records after which a store's log is written anew. */
  readonly compactAfter: number;
  /** Whether the gateway refuses malformed requests itself, and the order service never sees them. */
  readonly gatewayValidates: boolean;
  /** Whether what happens once for each message is left out of the history. */
  readonly lean: boolean;
}

export const ORDERS_DEFAULTS: OrdersKnobs = {
  preset: "tuned",
  queueCapacity: 0,
  stockConnections: 0,
  reservationTtl: 0,
  maxPoolSize: 0,
  providerCallsPerSecond: 200,
  authorizationTtl: 20 * SECOND,
  products: 12,
  stockPerProduct: 40,
  clientTimeout: 2 * SECOND,
  clientTries: 6,
  clientPause: ms(400),
  publishInterval: ms(200),
  compactAfter: 400,
  gatewayValidates: false,
  lean: false,
};

/** Knobs that others read: the world, and the scenarios that make load. */
const OTHERS = ["buggify", "ordersPerSecond", "loadSeconds", "loadShape"];

/** @throws RangeError that names a knob that nobody knows, whose value is not of its default's type, or no preset. */
export function ordersKnobs(knobs: Readonly<Record<string, KnobValue>>): OrdersKnobs {
  checkKnobNames(knobs, [...Object.keys(ORDERS_DEFAULTS), ...OTHERS]);
  const settings = settingsOf(knobs, ORDERS_DEFAULTS);
  if (!Object.hasOwn(PRESETS, settings.preset)) {
    throw new RangeError(`knobs.preset: expected source or tuned, got ${JSON.stringify(settings.preset)}`);
  }
  return settings;
}

const loaded = new Map<string, OrdersConfig>();

/** The configuration that hosts begin with. */
export function configOf({ preset }: OrdersKnobs): OrdersConfig {
  const known = loaded.get(preset);
  if (known !== undefined) return known;
  const result = loadConfig(PRESETS[preset as keyof typeof PRESETS]); // checked by `ordersKnobs`
  if (!result.ok) throw new RangeError(`preset ${preset}: ${result.message}`);
  loaded.set(preset, result.config);
  return result.config;
}

/** How long one service waits for another: as long as that may wait for a provider, and the way. */
export function serviceTimeout(config: OrdersConfig, service: "payment" | "shipping" | "inventory"): Micros {
  return duration(config.services[service].circuit_breaker.request_timeout) + ms(300);
}
