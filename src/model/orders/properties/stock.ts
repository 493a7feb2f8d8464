/** Stock: no piece appears or vanishes, none is sold twice, and each delivery is entered once. */
import { type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { type Property, text, when } from "seedstorm/check";
import { orders, stock } from "./rows.js";

export const stockConserved: Property = {
  id: "stock-conserved",
  alias: "P4",
  kind: "always",
  sentence:
    "Of each product, what is available, reserved and fulfilled is what was stocked, none of it below nothing, and as reservations say; no version is written twice.",
  subscribes: ["durable"],
  start(context) {
    const stores = context.view(stock);
    return {
      on(event) {
        for (const { product, versionBefore } of stores.changes) {
          context.checked();
          const { sku, row, version, stocked, held, fulfilled } = product;
          const { available, reserved } = row;
          const piles = `${available} available, ${reserved} reserved and ${row.fulfilled} fulfilled`;
          let flaw: string | undefined;
          if (available < 0 || reserved < 0 || row.fulfilled < 0) flaw = `there are ${piles}`;
          else if (available + reserved + row.fulfilled !== stocked)
            flaw = `there are ${piles}, of ${stocked} that were stocked`;
          else if (reserved !== held) flaw = `${reserved} are reserved, but live reservations hold ${held}`;
          else if (row.fulfilled !== fulfilled)
            flaw = `${row.fulfilled} are fulfilled, but reservations say ${fulfilled}`;
          else if (version !== versionBefore + 1)
            flaw = `version ${version} was written after ${versionBefore}`;
          if (flaw !== undefined) context.violated(sku, `Of ${sku}, ${flaw} ${when(event)}.`, [event]);
        }
      },
    };
  },
};

export const outOfStockOnce: Property = {
  id: "out-of-stock-once",
  alias: "P8",
  kind: "always",
  sentence: "An order that was found to be out of stock is not tried again.",
  subscribes: ["refusal"],
  start(context) {
    const found = new Map<string, HistoryEvent>();
    return {
      on(event) {
        if (event.kind !== "refusal" || event.operation !== "reserve") return;
        // A worker that was lost before it wrote that down is no worker that tries again.
        const subject = `${event.key} ${text(event.detail, "holder")}`;
        const first = found.get(subject);
        context.checked();
        if (first === undefined) found.set(subject, event);
        else {
          context.violated(
            event.key,
            `${event.key} was out of stock ${when(first)}, and was tried again ${when(event)}.`,
            [first, event],
          );
        }
      },
    };
  },
};

export const outOfStockIsTrue: Property = {
  id: "out-of-stock-is-true",
  kind: "always",
  sentence:
    "An order is cancelled as out of stock only if, since it was paid for, some product of it was short.",
  subscribes: ["durable"],
  start(context) {
    const rows = context.view(orders);
    const stores = context.view(stock);
    return {
      on(event) {
        for (const { order, before, after } of rows.changes) {
          if (after.state !== "cancelled" || before?.state === "cancelled" || after.reason !== "out-of-stock")
            continue;
          context.checked();
          const since = order.states.get("reserving-inventory") ?? event;
          const wasShort = after.lines.some(({ sku, quantity }) => {
            const known = stores.products.get(sku)?.available ?? [];
            const during = known.filter(({ event: at }) => at.id > since.id);
            const atFirst = known.filter(({ event: at }) => at.id <= since.id).at(-1);
            // A product that nobody has is short.
            const all = atFirst === undefined ? during : [atFirst, ...during];
            return all.length === 0 || all.some(({ pieces }) => pieces < quantity);
          });
          if (wasShort) continue;
          context.violated(
            order.id,
            `${order.id} was cancelled as out of stock ${when(event)}, though since ${when(since).slice(3)} there was enough of everything.`,
            [since, event],
          );
        }
      },
    };
  },
};

/** An operator enters a delivery again every half second. */
const ENTERED_WITHIN: Micros = 40 * SECOND;

export const deliveriesEntered: Property = {
  id: "deliveries-entered",
  kind: "eventually",
  sentence: "Each delivery of goods is entered.",
  subscribes: ["durable", "operator"],
  start(context) {
    const stores = context.view(stock);
    const deliveries: HistoryEvent[] = [];
    return {
      subscribes: ["operator"],
      on(event) {
        if (event.kind === "operator" && event.operation === "restock") deliveries.push(event);
      },
      end(at) {
        for (const event of deliveries) {
          if (event.kind !== "operator" || at - event.at < ENTERED_WITHIN) continue;
          context.checked();
          const id = text(event.detail, "id");
          if (stores.restocked.has(id)) continue;
          context.violated(id, `The delivery ${id} came ${when(event)} and was never entered.`, [event]);
        }
      },
    };
  },
};
