/**
 * The storm as data: every kind of fault, family by family. A kind is declared in one place, the file of its family: one sentence,
 * its fields with their bounds, when it counts as fired, how storms draw it, and what it does to the world. Types, the schema of
 * plan files, `list`, the table of `docs/world.md` and storms are made of that.
 *
 * What lasts has a `for`, after which it is undone. What is damaged on a disk, or jumped on a clock, stays, and so does the loss of
 * a host that never returns. A fault has *fired* once it did something that code under test could notice: a loss that met no packet,
 * a crash of a host that was down, prove nothing, and campaigns count them apart.
 */
import type { Micros } from "../time.js";
import { CLOCK_FAULTS } from "./clocks.js";
import { DISK_FAULTS } from "./disks.js";
import type { Selector } from "./fields.js";
import { HOST_FAULTS } from "./hosts.js";
import type { Begun, Fields, Kind, ValuesOf } from "./kind.js";
import { NETWORK_FAULTS } from "./network.js";
import type { StormedWorld, Undo } from "./reach.js";
import { SERVICE_FAULTS } from "./services.js";

export const CATALOGUE = {
  ...HOST_FAULTS,
  ...NETWORK_FAULTS,
  ...DISK_FAULTS,
  ...CLOCK_FAULTS,
  ...SERVICE_FAULTS,
} as const;

export type FaultKind = keyof typeof CATALOGUE;

/** Aims a fault at a moment. */
export interface Trigger {
  /** Its id, among those of the world and of the system under test. */
  readonly moment: string;
  /** Which occurrence of it, at any host, counted from the fault's `at` on; from 1. */
  readonly nth: number;
  /** How long after it the fault begins. */
  readonly after: Micros;
}

interface Common<K extends FaultKind> extends Begun {
  readonly kind: K;
  /**
   * Begins after this moment instead of at `at`. One that would not be over by the plan's `healAt` does not begin at all.
   */
  readonly trigger?: Trigger;
}

/** A fault of one kind, with its fields: times in microseconds, shares from 0 to 1, factors that multiply. */
export type FaultOf<K extends FaultKind> = Common<K> & ValuesOf<(typeof CATALOGUE)[K]["fields"]>;

export type Fault = { readonly [K in FaultKind]: FaultOf<K> }[FaultKind];

/** All kinds, in the order of the catalogue. */
export const FAULT_KINDS = Object.keys(CATALOGUE) as readonly FaultKind[]; // its keys are the kinds

/** The kinds that storms have when a scenario does not name others. */
export const STORM_KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) => !kindOf(kind).named);

/** All that can be wrong with a clock. */
export const CLOCK_KINDS: readonly FaultKind[] = STORM_KINDS.filter((kind) => kind in CLOCK_FAULTS);

/** What reports from the field are about and a power cut is not: scenarios that name such kinds name these. */
export const FIELD_KINDS: readonly FaultKind[] = [
  "exit",
  "host-loss",
  "upgrade",
  "connection-reset",
  "half-open",
  "dns-failure",
  "leap-second",
  "external-status",
  "external-rate-limit",
  "external-reset",
];

/** What is known of a kind, without telling kinds apart. */
export function kindOf(kind: FaultKind): Kind {
  return CATALOGUE[kind] as Kind; // whatever its fields are
}

/** Kinds after which a disk no longer has what it had made durable. */
export const DAMAGE: ReadonlySet<FaultKind> = new Set(FAULT_KINDS.filter((kind) => kindOf(kind).damages));

/** How long a fault lasts; 0 for one that does its work at once. */
export function durationOf(fault: Fault): Micros {
  return "for" in fault ? fault.for : 0;
}

/** Whom a fault means, for reports: `aws-a`, `provider/aws`, `aws-a → gcp-c`. */
export function targetOf(fault: Fault): string {
  if ("target" in fault) return fault.target;
  if ("from" in fault) return `${fault.from} → ${fault.to}`;
  return `${fault.a.join(", ")} ${fault.oneWay ? "→" : "↔"} ${fault.b.join(", ")}`;
}

export type { Selector };

/** Lets one fault loose. Returns how to undo it, if it can be undone. */
export function beginFault(fault: Fault, world: StormedWorld, fired: () => void): Undo | undefined {
  return kindOf(fault.kind).begin(fault as unknown as Begun & ValuesOf<Fields>, world, fired); // it has the fields of its kind
}
