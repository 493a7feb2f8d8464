/** Faults of clocks: wall clocks that are off, clocks and timers that run fast, slow or not at all, leap seconds, other time zones. */
import { ZONES } from "../civil.js";
import type { ClockError, MachineClock } from "../clock.js";
import { between, eitherWay, millis, oneOf, place, THERE, zeroOr } from "./draws.js";
import { choice, FAULT_BOUNDS, lasting, noted, type Selector, shift, step, target, whole } from "./fields.js";
import { kind } from "./kind.js";
import { eachHost, type StormedWorld, type Undo } from "./reach.js";

/** Makes the clock of each host wrong. That has fired when it made a reading wrong, or a timer. */
function eachClock(
  world: StormedWorld,
  selector: Selector,
  clockError: ClockError,
  fired: () => void,
  begin: (clock: MachineClock) => Undo,
): Undo {
  return eachHost(world, selector, ({ clock }) => {
    clock.watch(clockError, fired);
    const end = begin(clock);
    return () => {
      clock.unwatch(fired);
      end();
    };
  });
}

/** Sets the clock of each host, for good. That has fired when the wall clock was read. */
function setClocks(
  world: StormedWorld,
  selector: Selector,
  fired: () => void,
  set: (clock: MachineClock) => void,
): Undo {
  return eachHost(world, selector, ({ clock }) => {
    set(clock);
    clock.watch("offset", function noticed() {
      clock.unwatch(noticed);
      fired();
    });
    return undefined;
  });
}

export const CLOCK_FAULTS = {
  "clock-skew": kind({
    does: "wall clocks are off by a constant",
    fired: "the wall clock was read",
    fields: { ...lasting, by: noted(shift, "either way") },
    drawn: { for: millis(1_000, 20_000), target: place("host"), by: eitherWay(millis(10, 60_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachClock(world, fault.target, "offset", fired, (clock) => {
        clock.shift(fault.by);
        return () => clock.shift(-fault.by);
      }),
  }),
  "clock-drift": kind({
    does: "clocks and timers run fast or slow",
    fired: "a reading or a timer was off by a microsecond or more",
    fields: {
      ...lasting,
      ppm: noted(whole(-FAULT_BOUNDS.driftPpm, FAULT_BOUNDS.driftPpm, "parts per million"), "negative: slow"),
    },
    drawn: { for: millis(2_000, 20_000), target: place("host"), ppm: eitherWay(between(100, 50_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachClock(world, fault.target, "rate", fired, (clock) => {
        clock.drift(fault.ppm);
        return () => clock.drift(-fault.ppm);
      }),
  }),
  "clock-jump": kind({
    does: "wall clocks jump, either way, for good",
    fired: "the wall clock was read",
    fields: { ...target, by: noted(shift, "either way") },
    drawn: { target: place("host"), by: eitherWay(millis(10, 120_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) => setClocks(world, fault.target, fired, (clock) => clock.shift(fault.by)),
  }),
  "clock-strobe": kind({
    does: "wall clocks flip to and fro",
    fired: "the wall clock was read while it was off",
    fields: {
      ...lasting,
      by: noted(shift, "either way"),
      period: noted(step, "of each turn; the true time first"),
    },
    drawn: {
      for: millis(500, 10_000),
      target: place("host"),
      by: eitherWay(millis(10, 30_000)),
      period: millis(1, 500),
    },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => machine.clock.strobe(fault.by, fault.period, fired)),
  }),
  "clock-freeze": kind({
    does: "clocks stand still, and the wall clock catches up after",
    fired: "a clock was read while it stood",
    fields: lasting,
    drawn: { for: millis(500, 8_000), target: place("host") },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachClock(world, fault.target, "freeze", fired, (clock) => {
        clock.freeze();
        return () => clock.thaw();
      }),
  }),
  "leap-second": kind({
    does: "the wall clock gets a leap second: it is set back by a second at once, or runs slow until it has lost one",
    fired: "the wall clock was read",
    named: true,
    fields: {
      ...target,
      smear: noted(whole(0, FAULT_BOUNDS.duration, "microseconds"), "how long it runs slow; 0: at once"),
    },
    drawn: { target: place("host-or-all"), smear: zeroOr(millis(1_000, 20_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) => setClocks(world, fault.target, fired, (clock) => clock.leap(fault.smear)),
  }),
  "wrong-zone": kind({
    does: "hosts keep the local time of another zone",
    fired: "the local time was read",
    named: true,
    fields: { ...lasting, zone: choice(...ZONES) },
    drawn: { for: millis(1_000, 10_000), target: place("host"), zone: oneOf(...ZONES) },
    begin: (fault, world, fired) =>
      eachClock(world, fault.target, "zone", fired, (clock) => clock.setZone(fault.zone)),
  }),
};
