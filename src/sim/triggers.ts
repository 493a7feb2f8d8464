/**
 * Faults that are aimed at moments: each waits, from its own time on, until its moment has come as often as it says, and
 * begins so long after that. One whose moment comes too late for it to be over when the world heals, or never, does not
 * begin at all. Nothing here runs, and nothing is listened to, in a universe without such faults.
 */
import type { Fault, Selector } from "./faults/catalogue.js";
import type { HistoryEvent } from "./history.js";
import { FSYNC_MOMENTS, type Moment, type MomentWatch } from "./moments.js";
import type { Micros } from "./time.js";
import type { Placed } from "./topology.js";

/** Waits for the moment that a fault is aimed at. */
interface PendingFault {
  readonly fault: Fault;
  /** How often the moment has yet to come. */
  remaining: number;
}

/** The faults of a universe that wait for their moments. */
export class TriggerWatch {
  readonly #waiting = new Map<string, PendingFault[]>();
  readonly #watches: { readonly moment: string; readonly watch: MomentWatch }[] = [];
  readonly #now: () => Micros;
  readonly #strike: (fault: Fault, host: string) => void;

  /** @param strike called when the moment of a fault has come, with the host where it came. */
  constructor(now: () => Micros, strike: (fault: Fault, host: string) => void) {
    this.#now = now;
    this.#strike = strike;
  }

  /** @throws RangeError when the world knows no such moment. */
  add(fault: Fault, moments: ReadonlyMap<string, Moment>): void {
    if (fault.trigger === undefined) return;
    const { moment: id, nth } = fault.trigger;
    const moment = moments.get(id);
    if (moment === undefined)
      throw new RangeError(`fault ${fault.id} is aimed at "${id}", and there is no such moment`);
    const aimed: PendingFault = { fault, remaining: nth };
    const others = this.#waiting.get(id);
    if (others !== undefined) others.push(aimed);
    else {
      this.#waiting.set(id, [aimed]);
      this.#watches.push({ moment: id, watch: moment.watch() });
    }
  }

  /** An event was written. */
  on(event: HistoryEvent, history: readonly HistoryEvent[]): void {
    for (const { moment, watch } of this.#watches) {
      const host = watch(event, history);
      if (host !== undefined) this.#came(moment, host);
    }
  }

  /** A host has asked for an fsync, or has it done. */
  onFsync(host: string, side: "before" | "after"): void {
    this.#came(FSYNC_MOMENTS[side], host);
  }

  #came(moment: string, host: string): void {
    const waiting = this.#waiting.get(moment);
    if (waiting === undefined || waiting.length === 0) return;
    const now = this.#now();
    const left: PendingFault[] = [];
    const due: PendingFault[] = [];
    for (const aimed of waiting) {
      if (aimed.fault.at > now || --aimed.remaining > 0) left.push(aimed);
      else due.push(aimed);
    }
    if (due.length === 0) return;
    this.#waiting.set(moment, left);
    for (const { fault } of due) this.#strike(fault, host);
  }
}

/** Stands in the selectors of an aimed fault for the host where its moment came. */
export const THERE = "@";
/** Stands for the places around that host. Of a host without a zone, its region is meant. */
export const AROUND_THERE: readonly Selector[] = ["provider/@", "region/@", "zone/@"];

/** Whether a selector means a place that only the moment tells. */
export function meansThere(selector: Selector): boolean {
  return selector === THERE || AROUND_THERE.includes(selector);
}

/** An aimed fault as it really begins: at a time, with the host in the place of what stands for it. */
export function begunAt(fault: Fault, at: Micros, host: Placed): Fault {
  const { trigger: _, ...plain } = fault;
  const resolved = (selector: Selector): Selector => placeFor(selector, host);
  const begun = { ...plain, at };
  if ("target" in begun) return { ...begun, target: resolved(begun.target) } as Fault; // what it was, elsewhere
  if ("from" in begun) return { ...begun, from: resolved(begun.from), to: resolved(begun.to) } as Fault; // likewise
  return { ...begun, a: begun.a.map(resolved), b: begun.b.map(resolved) } as Fault; // likewise
}

/**
 * The faults of a plan as they began in a run of it: those that were aimed at the time when they did, and at whom they
 * struck. Aimed ones that never began are left out.
 */
export function asBegun(
  faults: readonly Fault[],
  history: readonly HistoryEvent[],
  hosts: readonly Omit<Placed, "external">[],
): readonly Fault[] {
  if (faults.every(({ trigger }) => trigger === undefined)) return faults;
  const starts = new Map<string, { readonly at: Micros; readonly host: string }>();
  for (const event of history) {
    if (event.kind !== "fault" || event.phase !== "start" || event.there === undefined) continue;
    starts.set(event.fault, { at: event.at, host: event.there });
  }
  return faults.flatMap((fault) => {
    if (fault.trigger === undefined) return fault;
    const start = starts.get(fault.id);
    if (start === undefined) return [];
    const spec = hosts.find(({ id }) => id === start.host);
    const domain = spec?.domain ?? { provider: "external", region: "internet" };
    return begunAt(fault, start.at, { id: start.host, domain, external: spec === undefined });
  });
}

function placeFor(selector: Selector, { id, domain }: Placed): Selector {
  const { provider, region, zone } = domain;
  switch (selector) {
    case THERE:
      return id;
    case "provider/@":
      return `provider/${provider}`;
    case "zone/@":
      if (zone !== undefined) return `zone/${provider}/${region}/${zone}`;
      return `region/${provider}/${region}`;
    case "region/@":
      return `region/${provider}/${region}`;
    default:
      return selector;
  }
}
