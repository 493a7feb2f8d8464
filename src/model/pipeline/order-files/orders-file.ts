/**
 * Order files: deliveries of webhooks in any of the shapes of `order-shapes`, mixed as they come, from a file, from a
 * gzipped one, or from standard input (`-`). Deliveries that tell of something else than a new order are passed over and
 * counted by their topics. A bad one is named with its place and what was expected; read leniently it is skipped, and
 * counted.
 */
import { InputError, LIMITS, printable, readText } from "seedstorm/explore";
import type { OrderDelivery } from "./delivery.js";
import { orderFrom } from "./order-shapes.js";
import { type Item, itemsOf } from "./orders-text.js";

export interface OrdersFile {
  /** In the order of the file. */
  readonly deliveries: readonly OrderDelivery[];
  /** Complaints about what was skipped, in the order of the file; empty unless read leniently. */
  readonly skipped: readonly string[];
  /** How many deliveries tell of something else than a new order, by their topics. */
  readonly passedOver: Readonly<Record<string, number>>;
}

/** @param path of a file; `-` for standard input. @throws InputError */
export function readOrders(path: string, lenient: boolean): OrdersFile {
  const text = readText(path, { gunzip: true, stdin: true });
  return parseOrders(text, path === "-" ? "standard input" : printable(path), lenient);
}

/**
 * @param fileName what complaints begin with.
 * @throws InputError
 */
export function parseOrders(text: string, fileName: string, lenient: boolean): OrdersFile {
  const deliveries: OrderDelivery[] = [];
  const skipped: string[] = [];
  const passedOver: Record<string, number> = {};
  for (const item of itemsIn(text, fileName)) {
    const reading =
      "problem" in item
        ? ({ kind: "unusable", path: "", message: item.problem } as const)
        : orderFrom(item.data, item.isListed);
    switch (reading.kind) {
      case "order":
        deliveries.push(reading.delivery);
        break;
      case "other":
        passedOver[reading.topic] = (passedOver[reading.topic] ?? 0) + 1;
        break;
      case "unusable": {
        const { path, message } = reading;
        const complaint = `${fileName}:${item.place}: ${path === "" ? message : `${path}: ${message}`}`;
        if (!lenient) throw new InputError(complaint);
        skipped.push(complaint);
      }
    }
    if (deliveries.length > LIMITS.operations) {
      throw new InputError(
        `${fileName}: it holds more than ${LIMITS.operations} deliveries, the most that one run takes`,
      );
    }
  }
  if (deliveries.length === 0)
    throw new InputError(`${fileName}: no new order in it; ${whyEmpty(skipped, passedOver)}`);
  return { deliveries, skipped, passedOver };
}

function itemsIn(text: string, fileName: string): Item[] {
  try {
    return itemsOf(text);
  } catch (error) {
    if (error instanceof InputError) throw new InputError(`${fileName}: ${error.message}`);
    throw error;
  }
}

function whyEmpty(skipped: readonly string[], passedOver: Readonly<Record<string, number>>): string {
  const topics = topicsText(passedOver);
  if (skipped.length > 0) return `all ${skipped.length} deliveries are unusable, the first: ${skipped[0]}`;
  return topics === "" ? "it is empty" : `all of it is ${topics}`;
}

/** `orders/paid 2, orders/updated 1`; empty for none. */
function topicsText(passedOver: Readonly<Record<string, number>>): string {
  return Object.entries(passedOver)
    .map(([topic, count]) => `${printable(topic)} ${count}`)
    .join(", ");
}
