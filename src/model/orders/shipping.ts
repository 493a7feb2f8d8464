/**
 * How a worker gets an order its label: by one carrier after the other, and never by two.
 *
 * Another carrier is asked only when the one before certainly has no label of this order and never will: it refused, or nothing
 * was asked, or the label was voided, which also spends its token. So while a carrier wants to be left alone, the other one is asked, unless
 * the first may have a label: then that is awaited. Before a label is voided that is written down, so that a worker
 * who takes the order over does not complete it with that very label. While nobody can tell, or no carrier is
 * left, the shipment is pending, and tried again.
 */
import { type Micros, type Rpc, SECOND, TIMED_OUT } from "seedstorm";
import { NOBODY } from "./caller.js";
import type { Claim } from "./claim.js";
import { CARRIERS } from "./external/carrier.js";
import { GOALS } from "./goals.js";
import { serviceTimeout } from "./knobs.js";
import type { OrderRow } from "./order.js";
import type { ProcessorContext } from "./processor-context.js";
import type { Try } from "./tries.js";
import { CREATE_LABEL, type LabelReply, type LabelRequest, VOID_LABEL } from "./wire.js";

export type ShippingStep =
  | { readonly kind: "labelled"; readonly label: string }
  /** Something was written down; to be looked at again. */
  | { readonly kind: "on" }
  | { readonly kind: "put-off"; readonly order: OrderRow; readonly after: Micros }
  | { readonly kind: "lost" };

const PENDING_PAUSE: Micros = 2 * SECOND;

export async function ship(context: ProcessorContext, claim: Claim, order: OrderRow): Promise<ShippingStep> {
  if (order.label !== "") return { kind: "labelled", label: order.label };
  if (order.voiding) return voidLabel(context, claim, order);
  const carrier =
    order.carrier === "" ? CARRIERS.find((name) => !order.ruledOut.includes(name)) : order.carrier;
  if (carrier === undefined) {
    const shippingRound = order.shippingRound + (context.host.defect("spent-token-again") ? 0 : 1);
    return pending(context, { ...order, ruledOut: [], shippingTries: 0, shippingRound });
  }
  // Written down before it is asked: whoever takes over knows who may have a label.
  if (order.carrier === "") return next(claim, { ...order, carrier });
  const reply = await ask(context, CREATE_LABEL, order);
  if (reply.status === "made") return { kind: "labelled", label: reply.label };
  return noLabel(context, claim, order, reply);
}

async function noLabel(
  context: ProcessorContext,
  claim: Claim,
  order: OrderRow,
  reply: LabelReply,
): Promise<ShippingStep> {
  const { host, config } = context;
  const shippingTries = order.shippingTries + 1;
  if (reply.status === "must-wait") {
    return order.doubt ? pending(context, order, reply.after) : other(context, claim, order);
  }
  const doubt = order.doubt || reply.status === "failed";
  const tried = { ...order, shippingTries, doubt };
  if (reply.status !== "refused" && shippingTries < config.services.shipping.tries_per_carrier) {
    return { kind: "put-off", order: tried, after: SECOND };
  }
  if (!doubt || host.defect("PW4")) return other(context, claim, tried);
  return next(claim, { ...tried, voiding: true });
}

async function voidLabel(context: ProcessorContext, claim: Claim, order: OrderRow): Promise<ShippingStep> {
  const reply = await ask(context, VOID_LABEL, order);
  if (reply.status === "must-wait") return pending(context, order, reply.after);
  if (reply.status !== "done") return pending(context, order);
  context.host.reached(GOALS.labelVoided);
  return other(context, claim, order);
}

async function other(context: ProcessorContext, claim: Claim, order: OrderRow): Promise<ShippingStep> {
  const ruledOut = [...order.ruledOut, order.carrier];
  const carrier = CARRIERS.find((name) => !ruledOut.includes(name)) ?? "";
  if (carrier !== "") context.host.reached(GOALS.alternateCarrier);
  return next(claim, { ...order, ruledOut, carrier, doubt: false, voiding: false, shippingTries: 0 });
}

function pending({ host }: ProcessorContext, order: OrderRow, after: Micros = PENDING_PAUSE): ShippingStep {
  host.reached(GOALS.pendingShipment);
  return { kind: "put-off", order: { ...order, state: "pending-shipment" }, after };
}

async function next(claim: Claim, order: OrderRow): Promise<ShippingStep> {
  return { kind: (await claim.advance(order)) === "lost" ? "lost" : "on" };
}

async function ask(
  { caller, config, tries }: ProcessorContext,
  rpc: Rpc<Try<LabelRequest>, LabelReply>,
  { id, carrier, address, shippingRound }: OrderRow,
): Promise<LabelReply> {
  const timeout = 2 * serviceTimeout(config, "shipping");
  const request: LabelRequest = {
    order: id,
    token: `${id}/${shippingRound}`,
    carrier,
    address,
  };
  const reply = await caller.ask("shipping", rpc, tries.next(request), timeout);
  if (reply === NOBODY) return { status: "later", after: 0 };
  return reply === TIMED_OUT ? { status: "failed" } : reply;
}
