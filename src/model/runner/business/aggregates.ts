/** What orders and stock make of commands: events, or a refusal for good. Both take a repeated inverse as done. */
import type { Json } from "seedstorm";

type Fields = { readonly [name: string]: Json };
/** Null before its first command. */
export type Aggregate = Fields | null;

export type Decision =
  | {
      readonly state: Fields;
      readonly events: readonly { readonly type: string; readonly payload: Fields }[];
    }
  | { readonly refused: string };

export function decide(
  kind: string,
  state: Aggregate,
  id: string,
  command: string,
  payload: Fields,
): Decision {
  switch (kind) {
    case "order":
      return decideOrder(state, id, command, payload);
    case "stock":
      return decideStock(state, id, command, payload);
    default:
      return { refused: "no-such-aggregate" };
  }
}

function decideOrder(state: Aggregate, order: string, command: string, payload: Fields): Decision {
  const status = state?.status;
  const moved = (to: string, event: string): Decision => ({
    state: { ...state, status: to },
    events: [{ type: event, payload: { order } }],
  });
  switch (command) {
    case "place":
      if (state !== null) return { refused: "order-exists" };
      return {
        state: { status: "placed", ...payload },
        events: [{ type: "order-placed", payload: { order, ...payload } }],
      };
    case "cancel":
      return status === "placed"
        ? moved("cancelling", "order-cancelled")
        : { refused: `order-is-${status ?? "unknown"}` };
    case "complete":
      return status === "placed" || status === "cancelling"
        ? moved("completed", "order-completed")
        : { refused: `order-is-${status ?? "unknown"}` };
    case "reject":
      return status === "placed" || status === "cancelling"
        ? moved("rejected", "order-rejected")
        : { refused: `order-is-${status ?? "unknown"}` };
    case "survey":
    case "archive":
      if (status !== "completed") return { refused: `order-is-${status ?? "unknown"}` };
      return { state: { ...state, [command]: true }, events: [] };
    default:
      return { refused: "no-such-command" };
  }
}

interface Stock {
  readonly available: number;
  /** Quantities by order; 0 for one whose reservation was given back, before it came or after. */
  readonly reserved: { readonly [order: string]: number };
}

function decideStock(state: Aggregate, item: string, command: string, payload: Fields): Decision {
  const { available, reserved } = (state ?? { available: 0, reserved: {} }) as unknown as Stock; // only stock is put there
  const next = (stock: Stock, ...events: readonly string[]): Decision => ({
    state: stock as unknown as Fields,
    events: events.map((type) => ({ type, payload: { item, order: payload.order ?? "" } })),
  });
  const order = String(payload.order);
  const quantity = Number(payload.quantity);
  const held = reserved[order];
  switch (command) {
    case "stock":
      return next({ available: available + quantity, reserved });
    case "reserve":
      if (held !== undefined) return { refused: held === 0 ? "given-back" : "reserved-before" };
      if (quantity > available) return { refused: "out-of-stock" };
      return next(
        { available: available - quantity, reserved: { ...reserved, [order]: quantity } },
        "stock-reserved",
      );
    case "release":
      return next({ available: available + (held ?? 0), reserved: { ...reserved, [order]: 0 } });
    default:
      return { refused: "no-such-command" };
  }
}
