/**
 * What customers, the poison producer and operators do to the runner. Tenants are of very different size, and have names that
 * would collide if ids were put together carelessly; some orders can't be paid, reached or stocked, some are cancelled.
 */
import { fc, type Json, MILLISECOND, type Micros, type Operation, SECOND } from "seedstorm";
import { DECLINED_CENTS, UNREACHABLE } from "../../model/runner/providers.js";
import { type Spread, subjectOf } from "../../model/runner/subjects.js";
import { CLIENTS, OPERATOR, PRODUCER } from "./topology.js";

export interface Amount {
  readonly min: number;
  readonly max: number;
}

export interface WorkloadShape {
  readonly orders: Amount;
  /** Shares in percent. */
  readonly doomed: number;
  readonly cancelled: number;
  /** Messages that nobody can process. */
  readonly poison: Amount;
  readonly from: Micros;
  readonly to: Micros;
  /** Whether orders say if they are gifts: two thirds of them do. */
  readonly gifts?: boolean;
  readonly spread: Spread;
  readonly operator: fc.Arbitrary<readonly Operation[]>;
}

/** Most orders are one tenant's; another has the first one's name within its own, and one has no name. */
const TENANTS = ["acme", "acme", "acme", "acme", "acme", "beta", "acme:fulfilment", ""] as const;
const ITEMS = ["item-1", "item-2"] as const;
const STOCKED_AT: Micros = 1_200 * MILLISECOND;
/** Of each item of a tenant: not always enough. */
const STOCKED = 12;

interface Draw {
  readonly at: Micros;
  readonly what: number;
  readonly chance: number;
  readonly pause: Micros;
}

function choose<T>(items: readonly T[], n: number): T {
  return items[n % items.length] as T; // the lists in this file are not empty
}

const share = (percent: number, n: number): boolean => n % 100 < percent;

function drawn(from: Micros, to: Micros): fc.Arbitrary<Draw> {
  return fc.record({
    at: fc.integer({ min: from, max: to }),
    what: fc.nat({ max: 999_999 }),
    chance: fc.nat({ max: 999_999 }),
    pause: fc.integer({ min: 0, max: 3_000 }).map((n) => n * MILLISECOND),
  });
}

class Writer {
  readonly operations: Operation[] = [];
  readonly #shape: WorkloadShape;

  constructor(shape: WorkloadShape) {
    this.#shape = shape;
  }

  stock(): void {
    for (const tenant of new Set(TENANTS)) {
      for (const item of ITEMS)
        this.#submit(STOCKED_AT, 0, tenant, "stock", item, "stock", { quantity: STOCKED });
    }
  }

  order({ at, what, chance, pause }: Draw, n: number): void {
    const tenant = choose(TENANTS, what);
    // a customer's own number: with a department in front where the tenant is not one
    const isTwin = tenant === "acme" && what % 7 === 0;
    const plain = `${isTwin ? `fulfilment:o-${Math.max(1, n)}` : `o-${n + 1}`}`;
    const isDoomed = share(this.#shape.doomed, chance);
    const id = isDoomed && chance % 3 === 0 ? `${plain}${UNREACHABLE}` : plain;
    const cents = isDoomed && chance % 3 === 1 ? DECLINED_CENTS : 100 + (what % 900);
    const quantity = isDoomed && chance % 3 === 2 ? STOCKED + 1 : 1 + (what % 3);
    const item = choose(ITEMS, Math.floor(what / 8));
    const saysSo = this.#shape.gifts === true && Math.floor(chance / 7) % 3 !== 0;
    const gift = saysSo ? { gift: Math.floor(chance / 21) % 2 === 0 } : {};
    this.#submit(at, what, tenant, "order", id, "place", { item, quantity, cents, ...gift });
    if (isTwin)
      this.#submit(at + pause, what, "acme:fulfilment", "order", id.slice("fulfilment:".length), "place", {
        item,
        quantity,
        cents,
        ...gift,
      });
    if (share(this.#shape.cancelled, Math.floor(chance / 100)))
      this.#submit(at + 200 * MILLISECOND + Math.floor(pause / 3), what, tenant, "order", id, "cancel", {});
  }

  poison({ at, what }: Draw, n: number): void {
    const tenant = choose(TENANTS, what);
    const { spread } = this.#shape;
    const subject = subjectOf("events", tenant, `poison-${n}`, "order-placed", spread);
    const event = {
      tenantId: tenant,
      eventId: `poison-${n}`,
      type: "order-placed",
      correlationId: `poison-${n}`,
      payload: { order: `poison-${n}`, item: "item-1", quantity: 1, cents: 100 },
    };
    const kinds: readonly { readonly subject: string; readonly data: Json }[] = [
      { subject, data: 42 },
      { subject, data: { ...event, eventId: "" } },
      // it speaks for somebody else
      { subject, data: { ...event, tenantId: "beta2" } },
      // a handler dies of its note
      { subject, data: { ...event, payload: { ...event.payload, note: "100%" } } },
      // its output would be larger than is allowed
      { subject, data: { ...event, payload: { ...event.payload, item: "x".repeat(5_000) } } },
      { subject: `${subject}.and.more`, data: event },
    ];
    this.operations.push({
      id: `poison-${n}`,
      at,
      host: PRODUCER,
      action: "poison",
      body: choose(kinds, what),
    });
  }

  #submit(
    at: Micros,
    who: number,
    tenant: string,
    aggregate: string,
    id: string,
    command: string,
    payload: { readonly [name: string]: Json },
  ): void {
    const operation = `${command}-${this.operations.length + 1}`;
    // every fourth customer's gateway begins no trace
    const body = { tenant, aggregate, id, command, payload, traced: who % 4 !== 3 };
    this.operations.push({ id: operation, at, host: choose(CLIENTS, who), action: "submit", body });
  }
}

export function workload(shape: WorkloadShape): fc.Arbitrary<readonly Operation[]> {
  const draw = drawn(shape.from, shape.to);
  const list = ({ min, max }: Amount) => fc.array(draw, { minLength: min, maxLength: max, size: "max" });
  return fc
    .record({ orders: list(shape.orders), poison: list(shape.poison), operator: shape.operator })
    .map(({ orders, poison, operator }) => {
      const writer = new Writer(shape);
      writer.stock();
      orders.forEach((each, n) => {
        writer.order(each, n);
      });
      poison.forEach((each, n) => {
        writer.poison(each, n + 1);
      });
      return [...writer.operations, ...operator].sort((a, b) => a.at - b.at);
    });
}

/** An operator's question to a node. */
export function ask(id: string, at: Micros, node: string, path: string, body: Json = {}): Operation {
  return { id, at, host: OPERATOR, action: "ask", body: { node, path, body } };
}

export const LAST_ORDER: Micros = 24 * SECOND;
