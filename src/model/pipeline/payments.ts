/**
 * The payment service: outside, with a ledger of its own.
 *
 * A capture is idempotent by its token for at least a day: a repeat is answered with what the first one came to and
 * charges nothing. A decline is an answer like any other, remembered with its token. Whether a call that got no
 * answer was applied can't be seen from outside; calling again with the same token is the way to find out.
 *
 * Two currencies stand for trouble: one is always declined, one always fails, which makes a record that carries it poison.
 */
import { type ExternalCall, type ExternalModel, type ExternalResult, HOUR, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";

export const PAYMENTS = "payments";

/** ISO 4217's code for no currency: a capture in it always fails. */
export const UNCHARGEABLE = "XXX";
/** ISO 4217's code for tests: a capture in it is always declined. */
export const ALWAYS_DECLINED = "XTS";

/** What a capture came to. */
export interface Capture {
  readonly status: "captured" | "declined";
  readonly orderId: string;
  readonly cents: number;
  readonly currency: string;
  /** The token was known: nothing was charged by this call. */
  readonly replayed: boolean;
}

/** Tokens are remembered for so long. */
const TOKEN_LIFETIME: Micros = 24 * HOUR;
/** More than this on one order no card is good for. */
const CARD_LIMIT_CENTS = 100_000_000;

export class PaymentService implements ExternalModel {
  readonly #byToken = new Map<string, { readonly capture: Capture; readonly at: Micros }>();

  apply(call: ExternalCall): ExternalResult {
    if (call.operation !== "capture") return { ok: false, error: "unknown operation" };
    const { orderId, cents, currency } = call.body as unknown as Omit<Capture, "status" | "replayed">; // as workers send it
    const known = this.#byToken.get(call.token);
    if (known !== undefined && call.at - known.at < TOKEN_LIFETIME) {
      invariant(known.capture.orderId === orderId, "a token stands for the capture of one order");
      return { ok: true, value: { ...known.capture, replayed: true }, applied: false };
    }
    if (currency === UNCHARGEABLE) return { ok: false, error: "no such currency" };
    const status = currency === ALWAYS_DECLINED || cents > CARD_LIMIT_CENTS ? "declined" : "captured";
    const capture: Capture = { status, orderId, cents, currency, replayed: false };
    this.#byToken.set(call.token, { capture, at: call.at });
    return { ok: true, value: { ...capture }, applied: true };
  }
}
