/** What faults reach of a world, and what kinds of several families do to it. */
import type { ExternalService } from "../external.js";
import type { Machine } from "../machine.js";
import type { LinkRule, Network, PacketOutcome } from "../network.js";
import type { Random } from "../random.js";
import type { Scheduler } from "../scheduler.js";
import type { Micros } from "../time.js";
import { selects } from "../topology.js";
import type { Selector } from "./fields.js";

/** Undoes a fault. */
export type Undo = () => void;

export interface StormedWorld {
  readonly scheduler: Scheduler;
  readonly network: Network;
  /** Hosts and the machines of services. */
  readonly machines: readonly Machine[];
  readonly services: readonly { readonly service: ExternalService; readonly machine: Machine }[];
  random(name: string): Random;
  /** Does something so long after now, as a part of the fault. */
  later(delay: Micros, step: () => void): void;
}

/** All machines that a selector means; hosts and services. */
export function targets(world: StormedWorld, selector: Selector): Machine[] {
  return world.machines.filter((machine) => selects(selector, machine));
}

/** Does something to each host that a selector means, and undoes it in the same order. */
export function eachHost(
  world: StormedWorld,
  selector: Selector,
  begin: (machine: Machine) => Undo | undefined,
): Undo {
  const undos = targets(world, selector)
    .filter((machine) => !machine.external)
    .map(begin);
  return () => {
    for (const undo of undos) undo?.();
  };
}

/** A link over which nothing passes while it is cut. */
export function cutRule(isCut: () => boolean, fired: () => void): LinkRule {
  return {
    verb: "drop",
    onSend(outcome: PacketOutcome): boolean {
      const dead = isCut();
      if (dead) outcome.dropped = true;
      return dead;
    },
    fired,
    cut: isCut,
  };
}

export const always = (): boolean => true;
