/**
 * The saga of an order: charge, reserve, ship, complete. What can't be completed is taken back in reverse, the step under
 * way included: a shipment, a reservation, a charge; then the order is rejected. An order that takes too long, or that its
 * customer cancels, is taken back too, until it ships.
 *
 * A step whose outcome nobody knows counts as done when it is taken back: inverses are harmless where there is nothing to
 * take back, and keep what they take back from being done later.
 */
import { PROGRAM_FAILED, type Program, type Ref } from "../program.js";

import { ProgramBuilder } from "./program-builder.js";

/** Milliseconds from an order's placing until it is taken back. */
export const DEADLINE = 12_000;
/** Milliseconds before an inverse is tried again that was given up. */
const AGAIN = 2_000;

export const FULFILMENT = "fulfilment";
const DEADLINE_TIMER = "deadline";
const AGAIN_TIMER = "again";

class Steps {
  readonly b = new ProgramBuilder();
  readonly type = this.b.input("event", "type");
  readonly step = this.b.input("state", "step");
  readonly none = this.b.list();

  at(step: string, ...types: readonly string[]): Ref {
    return this.b.all(this.b.is(this.step, step), this.b.oneOf(this.type, types));
  }

  state(step: string, status: string): Ref {
    const { b } = this;
    return b.merge(b.input("state"), b.object({ step: b.value(step), status: b.value(status) }));
  }

  result(state: Ref, work: readonly Ref[], schedules: Ref = this.none, cancels: readonly string[] = []): Ref {
    const { b } = this;
    return b.object({
      state,
      work: b.list(...work),
      schedules,
      cancels: b.list(...cancels.map((timer) => b.value(timer))),
    });
  }

  effect(effect: string, payload: { readonly [name: string]: Ref }): Ref {
    const { b } = this;
    return b.object({ kind: b.value("effect"), effect: b.value(effect), payload: b.object(payload) });
  }

  command(aggregate: string, id: Ref, command: string, payload: { readonly [name: string]: Ref }): Ref {
    const { b } = this;
    return b.object({
      kind: b.value("command"),
      aggregate: b.value(aggregate),
      id,
      command: b.value(command),
      payload: b.object(payload),
    });
  }

  timer(timer: string, after: number): Ref {
    const { b } = this;
    return b.list(b.object({ timer: b.value(timer), after: b.value(after) }));
  }

  get order(): Ref {
    return this.b.input("state", "order");
  }

  refund(): Ref {
    return this.effect("refund", { order: this.order });
  }

  reject(): Ref {
    return this.command("order", this.order, "reject", {});
  }

  release(): Ref {
    return this.command("stock", this.b.input("state", "item"), "release", { order: this.order });
  }

  /** As it was, with nothing to do. */
  get unchanged(): Ref {
    return this.result(this.b.input("state"), []);
  }

  get rejected(): Ref {
    // with its end go its timers
    return this.result(this.state("rejected", "compensated"), [this.reject()]);
  }

  get refunding(): Ref {
    return this.result(this.state("refunding", "running"), [this.refund()], this.none, [DEADLINE_TIMER]);
  }
}

/**
 * The saga's program, or one of two as they were once deployed: `first` takes every order for a gift or for none, and fails on
 * one that does not say; `both` fails on a gift as well, when its stock is reserved.
 */
export type Flaw = "none" | "first" | "both";

export function fulfilment(flaw: Flaw = "none"): Program {
  const s = new Steps();
  const { b } = s;
  const payload = (name: string) => b.input("event", "payload", name);
  const begun = s.result(
    b.object({
      step: b.value("charging"),
      status: b.value("running"),
      order: payload("order"),
      item: payload("item"),
      quantity: payload("quantity"),
      cents: payload("cents"),
      gift: payload("gift"),
    }),
    [s.effect("charge", { order: payload("order"), cents: payload("cents") })],
    s.timer(DEADLINE_TIMER, DEADLINE),
  );
  const reserve = s.command("stock", b.input("state", "item"), "reserve", {
    order: s.order,
    quantity: b.input("state", "quantity"),
  });
  const not = (of: Ref) => b.node({ op: "not", of });
  const isPlaced = b.all(b.is(b.input("state", "step"), null), b.is(s.type, "order-placed"));
  const isNew =
    flaw === "none"
      ? isPlaced
      : b.all(isPlaced, b.node({ op: "or", of: [not(payload("gift")), payload("gift")] }));
  const isReserved = s.at("reserving", "stock-reserved");
  const gift = b.input("state", "gift");
  const mayShip =
    flaw === "both"
      ? b.all(isReserved, b.node({ op: "or", of: [not(gift), not(b.input("state", "item"))] }))
      : isReserved;
  return b.program(
    FULFILMENT,
    b.choose(
      [
        [isNew, begun],
        [s.at("charging", "charge.charged"), s.result(s.state("reserving", "running"), [reserve])],
        [s.at("charging", "charge.declined"), s.rejected],
        [s.at("cancelling", "charge.charged"), s.refunding],
        [s.at("cancelling", "charge.declined"), s.rejected],
        [mayShip, s.result(s.state("shipping", "running"), [s.effect("ship", { order: s.order })])],
        [
          s.at("shipping", "ship.shipped"),
          s.result(s.state("completed", "completed"), [s.command("order", s.order, "complete", {})]),
        ],
        [s.at("unshipping", "unship.unshipped"), s.refunding],
        [s.at("refunding", "refund.refunded"), s.rejected],
      ],
      s.unchanged,
    ),
  );
}

/** What begins the walk back, and what goes on with it when an inverse was given up. */
export const FULFILMENT_COMPENSATED_BY = [
  `timer.${DEADLINE_TIMER}`,
  `timer.${AGAIN_TIMER}`,
  "order-cancelled",
  "command.rejected",
  "charge.failed",
  "ship.declined",
  "ship.failed",
  "unship.failed",
  "refund.failed",
] as const;

export function fulfilmentCompensation(): Program {
  const s = new Steps();
  const { b } = s;
  const stopped = [`timer.${DEADLINE_TIMER}`, "order-cancelled"];
  const releasing = s.result(s.state("refunding", "running"), [s.release(), s.refund()]);
  const unship = s.effect("unship", { order: s.order });
  const isAt = (...steps: readonly string[]) => b.oneOf(s.step, steps);
  const again = (step: string) => s.result(s.state(step, "running"), [], s.timer(AGAIN_TIMER, AGAIN));
  return b.program(
    `${FULFILMENT}-compensation`,
    b.choose(
      [
        // it failed on its first event: nothing was done
        [
          b.all(b.is(b.input("state", "step"), null), b.is(s.type, PROGRAM_FAILED)),
          s.result(
            b.object({
              step: b.value("rejected"),
              status: b.value("compensated"),
              order: b.input("event", "payload", "order"),
            }),
            [s.command("order", b.input("event", "payload", "order"), "reject", {})],
          ),
        ],
        [b.all(b.is(s.type, PROGRAM_FAILED), isAt("charging", "cancelling")), s.refunding],
        [b.all(b.is(s.type, PROGRAM_FAILED), isAt("reserving")), releasing],
        [
          b.all(b.is(s.type, PROGRAM_FAILED), isAt("shipping")),
          s.result(s.state("unshipping", "running"), [unship, s.release()]),
        ],
        // the answer to the charge is on its way
        [s.at("charging", ...stopped), s.result(s.state("cancelling", "running"), [])],
        [s.at("charging", "charge.failed"), s.refunding],
        [s.at("cancelling", "charge.failed"), s.refunding],
        [s.at("reserving", ...stopped), releasing],
        [
          b.all(
            s.at("reserving", "command.rejected"),
            b.is(b.input("event", "payload", "command"), "reserve"),
          ),
          releasing,
        ],
        [
          s.at("shipping", "ship.declined", "ship.failed"),
          s.result(s.state("unshipping", "running"), [unship, s.release()]),
        ],
        [s.at("unshipping", "unship.failed"), again("unshipping")],
        [s.at("unshipping", `timer.${AGAIN_TIMER}`), s.result(b.input("state"), [unship])],
        [s.at("refunding", "refund.failed"), again("refunding")],
        [s.at("refunding", `timer.${AGAIN_TIMER}`), s.result(b.input("state"), [s.refund()])],
      ],
      s.unchanged,
    ),
  );
}

/** The saga of an order that is completed: two things to be done at one time. */
export const CLOSING = "closing";
/** Milliseconds from an order's completion on. */
export const CLOSING_AFTER = 3_000;

export function closing(): Program {
  const s = new Steps();
  const { b } = s;
  const order = b.input("event", "payload", "order");
  const at = (timer: string) => b.object({ timer: b.value(timer), after: b.value(CLOSING_AFTER) });
  const half = (timer: string) => s.state(timer, "running");
  const both = s.state("closed", "completed");
  const does = (timer: string) => [s.command("order", s.order, timer, {})];
  const isNew = b.all(b.is(b.input("state", "step"), null), b.is(s.type, "order-completed"));
  return b.program(
    CLOSING,
    b.choose(
      [
        [
          isNew,
          s.result(
            b.object({ step: b.value("waiting"), status: b.value("running"), order }),
            [],
            b.list(at("survey"), at("archive")),
          ),
        ],
        [s.at("waiting", "timer.survey"), s.result(half("survey"), does("survey"))],
        [s.at("waiting", "timer.archive"), s.result(half("archive"), does("archive"))],
        [s.at("survey", "timer.archive"), s.result(both, does("archive"))],
        [s.at("archive", "timer.survey"), s.result(both, does("survey"))],
      ],
      s.unchanged,
    ),
  );
}
