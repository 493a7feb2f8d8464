/**
 * Stock and reservations, and what each change of a reservation writes.
 *
 * Pure: rows in, writes out. Of each product there is a row with how many pieces are available, reserved and fulfilled, which
 * together are all that was ever stocked. A reservation is `held` for some time, `committed` before the order is paid for, and
 * `fulfilled` with the shipment; it ends otherwise as `released`, which stays for good so that no reservation comes after it, or as
 * `expired`, after which the order may reserve anew. A change writes the reservation and all of its products' rows together.
 */
import type { Host, Json, Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { OrderLine } from "./order.js";
import type { RowWrite, StoredRow } from "./store/rows.js";

/** The name of the store of products in the history. */
export const STOCK_STORE = "stock";

export interface StockRow {
  readonly sku: string;
  readonly available: number;
  readonly reserved: number;
  readonly fulfilled: number;
}

export type ReservationStatus = "held" | "committed" | "fulfilled" | "released" | "expired";

/** What may follow each state; a reservation that is not there yet is `none`. */
const NEXT_STATUSES: Readonly<Record<ReservationStatus | "none", readonly ReservationStatus[]>> = {
  none: ["held", "released"],
  held: ["committed", "fulfilled", "released", "expired"],
  committed: ["fulfilled", "released"],
  expired: ["held", "released"],
  fulfilled: [],
  released: [],
};

export interface ReservationRow {
  readonly order: string;
  readonly lines: readonly OrderLine[];
  readonly status: ReservationStatus;
}

/** Pieces that came in, by the id of the delivery. */
export interface RestockRow {
  readonly sku: string;
  readonly quantity: number;
}

export const stockKey = (sku: string): string => `stock/${sku}`;
export const reservationKey = (order: string): string => `reservation/${order}`;
export const restockKey = (id: string): string => `restock/${id}`;

const asStock = (row: StoredRow): StockRow | null => row.value as unknown as StockRow | null; // rows under `stock/`
export const asReservation = (row: StoredRow): ReservationRow | null =>
  row.value as unknown as ReservationRow | null; // rows under `reservation/`
const asJson = (row: object): Json => row as Json; // rows are plain data

export type Change =
  /** To be written, all of it; nothing when it was so already. */
  | { readonly outcome: "done"; readonly writes: readonly RowWrite[] }
  | { readonly outcome: "out-of-stock"; readonly sku: string }
  /** Not in a state in which this can be done, ever (`released`, `fulfilled`) or without a new reservation (`expired`). */
  | { readonly outcome: "refused"; readonly status: ReservationStatus };

type Pile = "available" | "reserved" | "fulfilled";

/** Products with pieces moved from one pile to another; the first product that has not enough of them otherwise. */
function moved(
  lines: readonly OrderLine[],
  stock: readonly StoredRow[],
  from: Pile,
  to: Pile,
): RowWrite[] | string {
  const writes: RowWrite[] = [];
  for (const { sku, quantity } of lines) {
    const stored = stock.find(({ key }) => key === stockKey(sku));
    const row = stored === undefined ? null : asStock(stored);
    if (stored === undefined || row === null || row[from] < quantity) return sku;
    const after: StockRow = { ...row, [from]: row[from] - quantity, [to]: row[to] + quantity };
    invariant(after[from] >= 0 && after[to] >= 0, "no more pieces of a product are moved than there are");
    writes.push({ key: stored.key, expected: stored.version, value: asJson(after) });
  }
  return writes;
}

/** Pieces that come from nowhere: what a second release would make. */
function appeared(lines: readonly OrderLine[], stock: readonly StoredRow[]): RowWrite[] {
  return lines.flatMap(({ sku, quantity }) => {
    const stored = stock.find(({ key }) => key === stockKey(sku));
    const row = stored === undefined ? null : asStock(stored);
    if (stored === undefined || row === null) return [];
    const after: StockRow = { ...row, available: row.available + quantity };
    return [{ key: stored.key, expected: stored.version, value: asJson(after) }];
  });
}

function changed(
  reservation: StoredRow,
  row: ReservationRow,
  stock: readonly RowWrite[] | string,
  dueIn: Micros | null = null,
): Change {
  // Only a reservation can find too little: whatever else is moved was counted before.
  if (typeof stock === "string") return { outcome: "out-of-stock", sku: stock };
  const before = asReservation(reservation)?.status ?? "none";
  invariant(
    before === row.status || NEXT_STATUSES[before].includes(row.status),
    "a reservation passes through its states in their order",
  );
  const { key, version } = reservation;
  return { outcome: "done", writes: [{ key, expected: version, value: asJson(row), dueIn }, ...stock] };
}

const NOTHING: Change = { outcome: "done", writes: [] };

/** @param stock the rows of all of the lines' products. */
export function reserve(
  order: string,
  lines: readonly OrderLine[],
  reservation: StoredRow,
  stock: readonly StoredRow[],
  ttl: Micros,
): Change {
  const known = asReservation(reservation);
  if (known?.status === "released") return { outcome: "refused", status: "released" };
  if (known !== null && known.status !== "expired") return NOTHING;
  return changed(
    reservation,
    { order, lines, status: "held" },
    moved(lines, stock, "available", "reserved"),
    ttl,
  );
}

/** Held until it is fulfilled or released, however long that takes. */
export function commit(reservation: StoredRow): Change {
  const known = asReservation(reservation);
  if (known === null) return { outcome: "refused", status: "expired" };
  switch (known.status) {
    case "held":
      return changed(reservation, { ...known, status: "committed" }, []);
    case "committed":
    case "fulfilled":
      return NOTHING;
    default:
      return { outcome: "refused", status: known.status };
  }
}

export function fulfil(reservation: StoredRow, stock: readonly StoredRow[]): Change {
  const known = asReservation(reservation);
  if (known === null) return { outcome: "refused", status: "expired" };
  switch (known.status) {
    case "held":
    case "committed":
      return changed(
        reservation,
        { ...known, status: "fulfilled" },
        moved(known.lines, stock, "reserved", "fulfilled"),
      );
    case "fulfilled":
      return NOTHING;
    default:
      return { outcome: "refused", status: known.status };
  }
}

/** Leaves `released` behind in any case. */
export function release(
  host: Pick<Host, "defect">,
  order: string,
  reservation: StoredRow,
  stock: readonly StoredRow[],
): Change {
  const known = asReservation(reservation);
  if (known === null && host.defect("release-leaves-nothing")) return NOTHING;
  if (known === null) return changed(reservation, { order, lines: [], status: "released" }, []);
  switch (known.status) {
    case "held":
    case "committed":
      return changed(
        reservation,
        { ...known, status: "released" },
        moved(known.lines, stock, "reserved", "available"),
      );
    case "fulfilled":
      return { outcome: "refused", status: "fulfilled" };
    case "released":
      if (!host.defect("PW17")) return NOTHING;
      return changed(reservation, known, appeared(known.lines, stock));
    case "expired":
      return changed(reservation, { ...known, status: "released" }, []);
  }
}

export function expire(reservation: StoredRow, stock: readonly StoredRow[]): Change {
  const known = asReservation(reservation);
  if (known?.status !== "held") return NOTHING;
  return changed(
    reservation,
    { ...known, status: "expired" },
    moved(known.lines, stock, "reserved", "available"),
  );
}

/** More pieces of a product, once for each delivery. */
export function restock(delivery: StoredRow, stock: StoredRow, { sku, quantity }: RestockRow): Change {
  if (delivery.value !== null) return NOTHING;
  const row = asStock(stock) ?? { sku, available: 0, reserved: 0, fulfilled: 0 };
  const after: StockRow = { ...row, available: row.available + quantity };
  return {
    outcome: "done",
    writes: [
      { key: delivery.key, expected: delivery.version, value: { sku, quantity } },
      { key: stock.key, expected: stock.version, value: asJson(after) },
    ],
  };
}
