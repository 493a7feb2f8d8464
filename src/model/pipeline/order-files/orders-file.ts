/**
 * Order files: JSON Lines of webhook deliveries, one delivery a line, in any of the shapes of `order-shapes`, mixed
 * as they come. Empty lines are passed over. A bad line is named with its number and what was expected; read
 * leniently it is skipped, and counted.
 */
import { InputError, LIMITS, printable, readText } from "seedstorm/explore";
import { type OrderDelivery, orderFrom } from "./order-shapes.js";

export interface OrdersFile {
  /** In the order of the file. */
  readonly deliveries: readonly OrderDelivery[];
  /** Complaints about the lines that were skipped, in the order of the file; empty unless read leniently. */
  readonly skipped: readonly string[];
}

/** @throws InputError */
export function readOrders(path: string, lenient: boolean): OrdersFile {
  return parseOrders(readText(path), printable(path), lenient);
}

/**
 * @param fileName what complaints begin with.
 * @throws InputError
 */
export function parseOrders(text: string, fileName: string, lenient: boolean): OrdersFile {
  const deliveries: OrderDelivery[] = [];
  const skipped: string[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number++;
    if (line.trim() === "") continue;
    const problem = readLine(line, deliveries);
    if (problem !== undefined) {
      const complaint = `${fileName}:${number}: ${problem}`;
      if (!lenient) throw new InputError(complaint);
      skipped.push(complaint);
    }
    if (deliveries.length > LIMITS.operations) {
      throw new InputError(
        `${fileName}: it holds more than ${LIMITS.operations} deliveries, the most that one run takes`,
      );
    }
  }
  if (deliveries.length === 0) {
    const why =
      skipped.length === 0
        ? "it is empty"
        : `all ${skipped.length} lines are unusable, the first: ${skipped[0]}`;
    throw new InputError(`${fileName}: no delivery in it; ${why}`);
  }
  return { deliveries, skipped };
}

/** Adds the line's delivery, or says what is wrong with the line. */
function readLine(line: string, deliveries: OrderDelivery[]): string | undefined {
  let data: unknown;
  try {
    data = JSON.parse(line);
  } catch {
    return "expected one delivery as JSON on one line, and this is not JSON";
  }
  const order = orderFrom(data);
  if (!order.ok) return order.path === "" ? order.message : `${order.path}: ${order.message}`;
  deliveries.push(order.value);
  return undefined;
}
