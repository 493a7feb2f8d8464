/**
 * What shops do to the pipeline: webhook deliveries, as they come. Orders arrive in any rhythm, now and
 * then in bursts; some are delivered again, some come with the key of another, some make no sense.
 */
import * as fc from "fast-check";
import { type HostSpec, MILLISECOND, type Micros, type Operation } from "seedstorm";
import { ALWAYS_DECLINED, UNCHARGEABLE } from "../../model/pipeline/payments.js";

export interface WorkloadShape {
  readonly orders: { readonly min: number; readonly max: number };
  /** Shares of orders, in percent. */
  readonly redelivered?: number;
  readonly conflicting?: number;
  readonly malformed?: number;
  /** Orders that no worker can process: they are accepted and end as dead letters. */
  readonly poison?: number;
  /** Orders whose payment is declined, for good. */
  readonly declined?: number;
  /** Orders come between these two. */
  readonly from: Micros;
  readonly to: Micros;
}

interface Draw {
  readonly at: Micros;
  readonly shop: number;
  readonly cents: number;
  readonly chance: number;
  readonly again: Micros;
  readonly flaw: number;
}

/** Bodies that a gateway must refuse, each for a reason of its own. */
const FLAWS: readonly ((body: DeliverBody) => object)[] = [
  (body) => ({ ...body, cents: -body.cents }),
  (body) => ({ ...body, cents: body.cents + 0.5 }),
  (body) => ({ ...body, orderId: "" }),
  ({ orderId: _, ...rest }) => rest,
  (body) => ({ ...body, schemaId: "order.v0" }),
  (body) => ({ ...body, note: "x".repeat(20_000) }),
];

/** What a shop posts; the gateway validates it. */
interface DeliverBody {
  readonly deliveryId: string;
  readonly orderId: string;
  readonly cents: number;
  readonly currency: string;
}

/** Operations of the verb `deliver`, in the order of their times. */
export function workload(shape: WorkloadShape, shops: readonly HostSpec[]): fc.Arbitrary<Operation[]> {
  const draw: fc.Arbitrary<Draw> = fc.record({
    at: fc.integer({ min: shape.from, max: shape.to }),
    shop: fc.nat({ max: shops.length - 1 }),
    cents: fc.integer({ min: 1, max: 500_000 }),
    chance: fc.nat({ max: 99 }),
    again: fc.integer({ min: 1, max: 4_000 }).map((n) => n * MILLISECOND),
    flaw: fc.nat({ max: FLAWS.length - 1 }),
  });
  return fc
    .array(draw, { minLength: shape.orders.min, maxLength: shape.orders.max, size: "max" })
    .map((draws) => operations(shape, shops, draws));
}

function currencyOf(chance: number, malformed: number, poison: number, declined: number): string {
  if (chance >= malformed && chance < poison) return UNCHARGEABLE;
  return chance >= poison && chance < declined ? ALWAYS_DECLINED : "USD";
}

function operations(shape: WorkloadShape, shops: readonly HostSpec[], draws: readonly Draw[]): Operation[] {
  const redelivered = shape.redelivered ?? 0;
  const conflicting = redelivered + (shape.conflicting ?? 0);
  const malformed = conflicting + (shape.malformed ?? 0);
  const poison = malformed + (shape.poison ?? 0);
  const declined = poison + (shape.declined ?? 0);
  const result: Operation[] = [];
  draws.forEach((drawn, i) => {
    const order = `order-${i + 1}`;
    const body: DeliverBody = {
      deliveryId: `delivery-${i + 1}`,
      orderId: order,
      cents: drawn.cents,
      currency: currencyOf(drawn.chance, malformed, poison, declined),
    };
    const add = (id: string, at: Micros, content: object): void => {
      const shop = shops[drawn.shop]?.id ?? "shop-1";
      result.push({ id, at, host: shop, action: "deliver", body: content as Operation["body"] }); // plain data
    };
    const flawed = drawn.chance >= conflicting && drawn.chance < malformed;
    add(order, drawn.at, flawed ? (FLAWS[drawn.flaw]?.(body) ?? body) : body);
    if (drawn.chance < redelivered) add(`${order}-again`, drawn.at + drawn.again, body);
    else if (drawn.chance < conflicting)
      add(`${order}-other`, drawn.at + drawn.again, { ...body, cents: drawn.cents + 1 });
  });
  return result.sort((a, b) => a.at - b.at);
}
