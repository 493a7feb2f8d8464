/** Faults of whole machines: power, standing still, processes that end, places that are gone, machines that are lost or upgraded. */
import type { Machine } from "../machine.js";
import type { Placed } from "../topology.js";
import { between, millis, oneOf, place, THERE } from "./draws.js";
import { choice, lasting, noted, settings, step, target, whole } from "./fields.js";
import { kind } from "./kind.js";
import { always, cutRule, eachHost, targets, type Undo } from "./reach.js";

function takeDown(machine: Machine, fired: () => void): Undo {
  if (machine.takeDown()) fired();
  return () => machine.bringUp();
}

function isIn(machines: ReadonlySet<Machine>, placed: Placed): boolean {
  return [...machines].some((machine) => machine.id === placed.id);
}

export const HOST_FAULTS = {
  crash: kind({
    does: "hosts lose power and what was not fsynced, and restart when it ends",
    fired: "a host that was up went down",
    fields: lasting,
    drawn: { for: millis(50, 6_000), target: place("host") },
    aimed: { at: THERE, length: "brief" },
    begin: (fault, world, fired) => eachHost(world, fault.target, (machine) => takeDown(machine, fired)),
  }),
  pause: kind({
    does: "hosts stand still while their clocks go on",
    fired: "an event had to wait",
    fields: lasting,
    drawn: { for: millis(100, 9_000), target: place("host") },
    aimed: { at: THERE, length: "past-timeouts" },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        machine.pause(fired);
        return () => machine.resume(fired);
      }),
  }),
  "crash-point": kind({
    does: "a host crashes just before or after its n-th durable write or external call, and restarts when the fault ends",
    fired: "the point was reached",
    fields: {
      ...lasting,
      point: noted(
        whole(1, 1_000_000_000, "the number of a crash point"),
        "which one, from 1, counted from `at`",
      ),
      side: noted(choice("before", "after"), "`before` or `after`"),
    },
    drawn: {
      for: millis(500, 6_000),
      target: place("host"),
      point: between(1, 30),
      side: oneOf("before", "after"),
    },
    aimed: { at: THERE, drawn: { point: between(1, 6) }, length: "brief" },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        let down = false;
        const armed = {
          remaining: fault.point,
          side: fault.side,
          strike: () => {
            down = true;
            fired();
            machine.takeDown();
          },
        };
        machine.armed.push(armed);
        return () => {
          if (down) machine.bringUp();
          else machine.armed.splice(machine.armed.indexOf(armed), 1);
        };
      }),
  }),
  "domain-loss": kind({
    does: "a whole provider, region or zone is gone: its hosts crash, its external services are cut off",
    fired: "a host went down, or a packet to or from a service was lost",
    targets: "domain",
    fields: lasting,
    drawn: { for: millis(2_000, 12_000), target: place("domain") },
    aimed: { at: [{ target: "provider/@" }, { target: "region/@" }, { target: "zone/@" }] },
    begin: (fault, world, fired) => {
      const lost = new Set(targets(world, fault.target));
      const restart = eachHost(world, fault.target, (machine) => takeDown(machine, fired));
      const reconnect = world.network.addRules((from, to) =>
        (from.external && isIn(lost, from)) || (to.external && isIn(lost, to))
          ? cutRule(always, fired)
          : undefined,
      );
      return () => {
        reconnect();
        restart();
      };
    },
  }),
  exit: kind({
    does: "processes end themselves, by an exception, because memory is used up or by an exit, and again whenever they have run for `up`; what they wrote stays written, connections are reset, and a supervisor starts them again with back-off",
    fired: "a process that was up ended",
    named: true,
    fields: {
      ...lasting,
      up: noted(step, "how long each further life lasts"),
      reason: noted(choice("exception", "out-of-memory", "exit"), "what the history says of it"),
    },
    drawn: {
      for: millis(300, 8_000),
      target: place("host"),
      up: millis(5, 3_000),
      reason: oneOf("exception", "out-of-memory", "exit"),
    },
    aimed: { at: THERE },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => machine.crashLoop(fault.up, fault.reason, fired)),
  }),
  "host-loss": kind({
    does: "a host goes down and never comes back",
    fired: "the host was up",
    named: true,
    fields: target,
    drawn: { target: place("victim") },
    begin: (fault, world, fired) => {
      eachHost(world, fault.target, (machine) => {
        if (machine.lose()) fired();
        return undefined;
      });
      return undefined;
    },
  }),
  upgrade: kind({
    does: "hosts are stopped and come back with other settings or another version, which they keep: one after the other, that is a rolling upgrade, with two of them in use at once",
    fired: "a host that was up went down for it",
    named: true,
    fields: {
      ...lasting,
      settings: noted(settings, "knobs in the place of the plan's, for code to read at `host.knobs`"),
    },
    drawn: { for: millis(50, 3_000), target: place("upgrade"), settings: place("with-target") },
    begin: (fault, world, fired) =>
      eachHost(world, fault.target, (machine) => {
        if (machine.takeDown("upgrade")) fired();
        machine.upgrade(fault.settings);
        return () => machine.bringUp();
      }),
  }),
};
