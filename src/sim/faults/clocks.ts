/** Faults of clocks: wall clocks that are off, clocks and timers that run fast, slow or not at all, leap seconds, other time zones. */
import { ZONES } from "../civil.js";
import type { ClockError, MachineClock } from "../clock.js";
import { between, eitherWay, millis, oneOf, place, THERE, zeroOr } from "./draws.js";
import { choice, FAULT_BOUNDS, lasting, noted, shift, step, target, whole } from "./fields.js";
import { kind } from "./kind.js";
import { eachHost, type Undo } from "./reach.js";

/** A clock fault has fired when its error made a reading wrong, or a timer. */
function misleads(
  clock: MachineClock,
  clockError: ClockError,
  fired: () => void,
  begin: () => void,
  end: () => void,
): Undo {
  clock.watch(clockError, fired);
  begin();
  return () => {
    clock.unwatch(fired);
    end();
  };
}

export const CLOCK_FAULTS = {
  "clock-skew": kind({
    does: "wall clocks are off by a constant",
    fired: "the wall clock was read",
    fields: { ...lasting, by: noted(shift, "either way") },
    drawn: { for: millis(1_000, 20_000), target: place("host"), by: eitherWay(millis(10, 60_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "offset",
          fired,
          () => clock.shift(fault.by),
          () => clock.shift(-fault.by),
        );
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
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "rate",
          fired,
          () => clock.drift(fault.ppm),
          () => clock.drift(-fault.ppm),
        );
      }),
  }),
  "clock-jump": kind({
    does: "wall clocks jump, either way, for good",
    fired: "the wall clock was read",
    fields: { ...target, by: noted(shift, "either way") },
    drawn: { target: place("host"), by: eitherWay(millis(10, 120_000)) },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.clock.shift(fault.by);
        machine.clock.watch("offset", function noticed() {
          machine.clock.unwatch(noticed);
          fired();
        });
        return undefined;
      }),
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
      eachHost(world, fault.target, (machine) => {
        const { clock } = machine;
        return misleads(
          clock,
          "freeze",
          fired,
          () => clock.freeze(),
          () => clock.thaw(),
        );
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
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.clock.leap(fault.smear);
        machine.clock.watch("offset", function noticed() {
          machine.clock.unwatch(noticed);
          fired();
        });
        return undefined;
      }),
  }),
  "wrong-zone": kind({
    does: "hosts keep the local time of another zone",
    fired: "the local time was read",
    named: true,
    fields: { ...lasting, zone: choice(...ZONES) },
    drawn: { for: millis(1_000, 10_000), target: place("host"), zone: oneOf(...ZONES) },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        const restore = machine.clock.setZone(fault.zone);
        return misleads(machine.clock, "zone", fired, () => {}, restore);
      }),
  }),
};
