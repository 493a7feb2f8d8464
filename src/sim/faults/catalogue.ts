/**
 * The storm as data: every kind of fault with its fields, one sentence, and when it counts as fired. Types, the schema of
 * plan files, `list`, and the table of `docs/world.md` come from here; what a kind does to the world stands in
 * `effects.ts`, and how storms draw it in `storm/swarm.ts`, both of which the compiler asks for.
 *
 * Verbs come in pairs: what lasts has a `for`, after which it is undone. What is damaged on a disk, or jumped on
 * a clock, stays, and so does the loss of a host that never returns. A fault has *fired* once it did something that code under test could notice: a loss that met
 * no packet, a crash of a host that was down, prove nothing, and campaigns count them apart.
 */
import { ZONES } from "../civil.js";
import type { Micros } from "../time.js";
import {
  choice,
  FAULT_BOUNDS,
  type Field,
  factor,
  flag,
  noted,
  ratio,
  type Selector,
  selector,
  selectors,
  settings,
  shift,
  span,
  step,
  type ValueOf,
  whole,
} from "./fields.js";

/** One kind of fault. */
interface Kind {
  /** One sentence for `seedstorm list` and the guide. */
  readonly does: string;
  /** What it did when it has fired, for the guide. */
  readonly fired: string;
  /** What its target may be. Default: hosts, alone or by their places. */
  readonly targets?: "domain" | "service";
  /** A disk no longer has what it had made durable. */
  readonly damages?: true;
  /** Storms have it only where a scenario names it: not every system survives it, or meets it. */
  readonly named?: true;
  readonly fields: Readonly<Record<string, Field>>;
}

const target = { target: selector } as const;
const lasting = { for: span, target: selector } as const;
const link = { for: span, from: selector, to: selector } as const;

export const CATALOGUE = {
  crash: {
    does: "hosts lose power and what was not fsynced, and restart when it ends",
    fired: "a host that was up went down",
    fields: lasting,
  },
  pause: {
    does: "hosts stand still while their clocks go on",
    fired: "an event had to wait",
    fields: lasting,
  },
  "crash-point": {
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
  },
  "domain-loss": {
    does: "a whole provider, region or zone is gone: its hosts crash, its external services are cut off",
    fired: "a host went down, or a packet to or from a service was lost",
    targets: "domain",
    fields: lasting,
  },
  partition: {
    does: "nothing passes between two sets of machines, or only one way",
    fired: "a packet was lost by it",
    fields: {
      for: span,
      a: selectors,
      b: noted(selectors, "lists of selectors"),
      oneWay: noted(flag, "true: only from `a` to `b` nothing passes"),
    },
  },
  clog: {
    does: "packets on links are held back and all come at once when it ends",
    fired: "a packet was held",
    fields: link,
  },
  loss: { does: "a share of packets is lost", fired: "a packet was lost by it", fields: { ...link, ratio } },
  duplication: {
    does: "a share of packets comes twice, the copy up to 50 ms later",
    fired: "a packet was sent on with a copy",
    fields: { ...link, ratio },
  },
  reorder: {
    does: "a share of packets comes late, behind those sent after it",
    fired: "a packet was sent on late",
    fields: { ...link, ratio, by: noted(span, "at most so much later") },
  },
  "slow-link": {
    does: "links take many times as long",
    fired: "a packet was sent on so",
    fields: { ...link, factor },
  },
  "flaky-link": {
    does: "links are well and dead in turns",
    fired: "a packet was lost by it",
    fields: { ...link, up: step, down: noted(step, "how long each turn lasts; well first") },
  },
  bandwidth: {
    does: "links carry so few bytes a second that packets queue, and are dropped when the queue is full",
    fired: "a packet had to wait or was dropped",
    fields: { ...link, bytesPerSecond: whole(1, 1_000_000_000_000, "bytes per second") },
  },
  "bit-rot": {
    does: "a bit flips in a stored sector",
    fired: "at once, where something is stored",
    damages: true,
    fields: target,
  },
  "misdirected-write": {
    does: "a write of the next fsync lands somewhere else on the disk",
    fired: "that happened",
    damages: true,
    fields: target,
  },
  "latent-sector-error": {
    does: "a sector can't be read until it is written again",
    fired: "at once, where something is stored",
    damages: true,
    fields: target,
  },
  "fsync-failure": {
    does: "the next fsync fails, and its pages are clean and gone",
    fired: "that happened",
    damages: true,
    fields: target,
  },
  "disk-full": { does: "files can't grow", fired: "a write was refused", fields: lasting },
  "disk-slow": {
    does: "disk operations take many times as long",
    fired: "one did",
    fields: { ...lasting, factor },
  },
  "disk-stall": { does: "disk operations wait until it ends", fired: "one had to", fields: lasting },
  "disk-wipe": {
    does: "a host goes down and comes back with an empty disk",
    fired: "the host was up, or its disk was not empty",
    damages: true,
    fields: lasting,
  },
  "clock-skew": {
    does: "wall clocks are off by a constant",
    fired: "the wall clock was read",
    fields: { ...lasting, by: noted(shift, "either way") },
  },
  "clock-drift": {
    does: "clocks and timers run fast or slow",
    fired: "a reading or a timer was off by a microsecond or more",
    fields: {
      ...lasting,
      ppm: noted(whole(-FAULT_BOUNDS.driftPpm, FAULT_BOUNDS.driftPpm, "parts per million"), "negative: slow"),
    },
  },
  "clock-jump": {
    does: "wall clocks jump, either way, for good",
    fired: "the wall clock was read",
    fields: { ...target, by: noted(shift, "either way") },
  },
  "clock-strobe": {
    does: "wall clocks flip to and fro",
    fired: "the wall clock was read while it was off",
    fields: {
      ...lasting,
      by: noted(shift, "either way"),
      period: noted(step, "of each turn; the true time first"),
    },
  },
  "clock-freeze": {
    does: "clocks stand still, and the wall clock catches up after",
    fired: "a clock was read while it stood",
    fields: lasting,
  },
  "external-slow": {
    does: "an external service takes many times as long",
    fired: "a call came in",
    targets: "service",
    fields: { ...lasting, factor },
  },
  "external-errors": {
    does: "an external service refuses a share of calls and does not apply them",
    fired: "a call was refused by it",
    targets: "service",
    fields: { ...lasting, ratio },
  },
  "external-hang": {
    does: "an external service neither applies nor answers a share of calls",
    fired: "a call was swallowed",
    targets: "service",
    fields: { ...lasting, ratio },
  },
  "external-lost-reply": {
    does: "an external service applies a share of calls and loses the reply",
    fired: "a reply was lost by it",
    targets: "service",
    fields: { ...lasting, ratio },
  },
  exit: {
    does: "processes end themselves, by an exception, because memory is used up or by an exit, and again whenever they have run for `up`; what they wrote stays written, connections are reset, and a supervisor starts them again with back-off",
    fired: "a process that was up ended",
    named: true,
    fields: {
      ...lasting,
      up: noted(step, "how long each further life lasts"),
      reason: noted(choice("exception", "out-of-memory", "exit"), "what the history says of it"),
    },
  },
  "host-loss": {
    does: "a host goes down and never comes back",
    fired: "the host was up",
    named: true,
    fields: target,
  },
  upgrade: {
    does: "hosts are stopped and come back with other settings or another version, which they keep: one after the other, that is a rolling upgrade, with two of them in use at once",
    fired: "a host that was up went down for it",
    named: true,
    fields: {
      ...lasting,
      settings: noted(settings, "knobs in the place of the plan's, for code to read at `host.knobs`"),
    },
  },
  "connection-reset": {
    does: "connections between machines are reset again and again: what is under way on them is lost, and who waits for a reply learns at once that none will come",
    fired: "a packet was lost by it, or somebody waited",
    named: true,
    fields: { ...link, period: noted(step, "between two resets; the first at once") },
  },
  "half-open": {
    does: "one side goes on sending into connections that are no more, until a request times out and it opens a new one",
    fired: "a packet was lost by it",
    named: true,
    fields: link,
  },
  "dns-failure": {
    does: "hosts can't resolve names: they reach only machines to which they have a connection",
    fired: "a packet was lost by it, or a name was not resolved",
    named: true,
    fields: lasting,
  },
  "leap-second": {
    does: "the wall clock gets a leap second: it is set back by a second at once, or runs slow until it has lost one",
    fired: "the wall clock was read",
    named: true,
    fields: {
      ...target,
      smear: noted(whole(0, FAULT_BOUNDS.duration, "microseconds"), "how long it runs slow; 0: at once"),
    },
  },
  "wrong-zone": {
    does: "hosts keep the local time of another zone",
    fired: "the local time was read",
    named: true,
    fields: { ...lasting, zone: choice(...ZONES) },
  },
  "external-status": {
    does: "an external service refuses a share of calls with an HTTP status and does not apply them",
    fired: "a call was refused by it",
    targets: "service",
    named: true,
    fields: { ...lasting, ratio, status: noted(whole(400, 599, "an HTTP status of an error"), "400 to 599") },
  },
  "external-rate-limit": {
    does: "an external service takes so many calls a second and refuses the others with status 429 and how long to wait",
    fired: "a call was refused by it",
    targets: "service",
    named: true,
    fields: { ...lasting, perSecond: whole(1, 1_000_000, "calls a second") },
  },
  "external-reset": {
    does: "an external service applies a share of calls and resets the connection instead of a reply",
    fired: "a connection was reset by it",
    targets: "service",
    named: true,
    fields: { ...lasting, ratio },
  },
} as const satisfies Readonly<Record<string, Kind>>;

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

interface Common<K extends FaultKind> {
  readonly kind: K;
  /** Unique within the plan and stable when other faults are taken out: the fault's own draws are forked by it. */
  readonly id: string;
  /** When it begins, in virtual microseconds; for one that is aimed, from when on its moment is waited for. */
  readonly at: Micros;
  /**
   * Begins after this moment instead of at `at`. One that would not be over by the plan's `healAt` does not begin at all.
   */
  readonly trigger?: Trigger;
}

type FieldsOf<K extends FaultKind> = (typeof CATALOGUE)[K]["fields"];

/** A fault of one kind, with its fields: times in microseconds, shares from 0 to 1, factors that multiply. */
export type FaultOf<K extends FaultKind> = Common<K> & {
  readonly [F in keyof FieldsOf<K>]: FieldsOf<K>[F] extends Field ? ValueOf<FieldsOf<K>[F]> : never;
};

export type Fault = { readonly [K in FaultKind]: FaultOf<K> }[FaultKind];

/** All kinds, in the order of the catalogue. */
export const FAULT_KINDS = Object.keys(CATALOGUE) as readonly FaultKind[]; // its keys are the kinds

/** The kinds that storms have when a scenario does not name others. */
export const STORM_KINDS: readonly FaultKind[] = FAULT_KINDS.filter((kind) => !kindOf(kind).named);

/** What is known of a kind, without telling kinds apart. */
export function kindOf(kind: FaultKind): Kind {
  return CATALOGUE[kind];
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
