/**
 * What lasts in a run, worked out of its history: who led each group and in which term, who held each lease and in which
 * epoch, which hosts were down or stood still, and when each fault was active.
 */
import { durationOf, type Fault } from "../../sim/faults/catalogue.js";
import type { HistoryEvent } from "../../sim/history.js";
import type { Micros } from "../../sim/time.js";
import { selects } from "../../sim/topology.js";
import { faultText } from "../fault-text.js";
import type { RecordedMachine } from "../recorder.js";
import type { FaultBand, Outage, Segment, Strip } from "./data.js";

interface OpenSegment {
  readonly key: string;
  readonly from: Micros;
  readonly host: number;
  readonly holder: string;
  readonly number: string;
}

/** Segments of one strip, in the order in which they began. */
class StripDraft {
  readonly segments: Segment[] = [];
  readonly #open = new Map<string, OpenSegment>();

  begin(segment: OpenSegment): void {
    if (!this.#open.has(segment.key)) this.#open.set(segment.key, segment);
  }

  end(key: string, to: Micros): void {
    const open = this.#open.get(key);
    if (open === undefined) return;
    this.#open.delete(key);
    const { from, host, holder, number } = open;
    this.segments.push({ from, to, host, holder, number });
  }

  endAll(to: Micros, which: (segment: OpenSegment) => boolean = () => true): void {
    for (const segment of [...this.#open.values()]) if (which(segment)) this.end(segment.key, to);
  }

  finished(end: Micros): readonly Segment[] {
    this.endAll(end);
    return this.segments.sort((a, b) => a.from - b.from);
  }
}

/** Leaders of groups and holders of leases. */
export function stripsOf(
  history: readonly HistoryEvent[],
  hostIndex: ReadonlyMap<string, number>,
  end: Micros,
): Strip[] {
  const leaders = new Map<string, StripDraft>();
  const leases = new Map<string, StripDraft>();
  for (const event of history) {
    if (event.kind === "state") takeState(leaders, event, hostIndex);
    else if (event.kind === "lease") takeLease(leases, event, hostIndex);
    else if (event.kind === "host" && event.phase === "crash") {
      for (const draft of leaders.values()) draft.endAll(event.at, ({ holder }) => holder === event.host);
    }
  }
  const strips = (drafts: ReadonlyMap<string, StripDraft>, kind: Strip["kind"]): Strip[] =>
    [...drafts].map(([title, draft]) => ({ title, kind, segments: draft.finished(end) }));
  return [...strips(leaders, "leader"), ...strips(leases, "lease")];
}

function takeState(
  leaders: Map<string, StripDraft>,
  event: Extract<HistoryEvent, { kind: "state" }>,
  hostIndex: ReadonlyMap<string, number>,
): void {
  if (event.to !== "leader" && event.from !== "leader") return;
  const group = event.name.split("@")[0] ?? event.name;
  const draft = draftOf(leaders, group);
  if (event.from === "leader") draft.end(event.host, event.at);
  if (event.to !== "leader") return;
  const term = event.detail.term;
  draft.begin({
    key: event.host,
    from: event.at,
    host: hostIndex.get(event.host) ?? -1,
    holder: event.host,
    number: typeof term === "number" ? `term ${term}` : "",
  });
}

function takeLease(
  leases: Map<string, StripDraft>,
  event: Extract<HistoryEvent, { kind: "lease" }>,
  hostIndex: ReadonlyMap<string, number>,
): void {
  if (event.phase === "renew" || event.phase === "refused") return;
  const draft = draftOf(leases, event.lease);
  const key = String(event.epoch);
  if (event.phase !== "grant") draft.end(key, event.at);
  else {
    draft.endAll(event.at, (open) => open.key !== key);
    draft.begin({
      key,
      from: event.at,
      host: holderIndex(event.holder, hostIndex),
      holder: event.holder,
      number: `epoch ${event.epoch}`,
    });
  }
}

/** Holders are hosts, or lives of hosts: `keeper-aws#2`. */
function holderIndex(holder: string, hostIndex: ReadonlyMap<string, number>): number {
  return hostIndex.get(holder) ?? hostIndex.get(holder.split("#")[0] ?? "") ?? -1;
}

function draftOf(drafts: Map<string, StripDraft>, title: string): StripDraft {
  let draft = drafts.get(title);
  if (draft === undefined) {
    draft = new StripDraft();
    drafts.set(title, draft);
  }
  return draft;
}

/** When hosts were down, from a crash to the next boot, or stood still. */
export function outagesOf(
  history: readonly HistoryEvent[],
  hostIndex: ReadonlyMap<string, number>,
  end: Micros,
): Outage[] {
  const outages: Outage[] = [];
  const down = new Map<string, Micros>();
  const paused = new Map<string, Micros>();
  const close = (open: Map<string, Micros>, id: string, kind: Outage["kind"], to: Micros): void => {
    const from = open.get(id);
    const host = hostIndex.get(id);
    open.delete(id);
    if (from !== undefined && host !== undefined) outages.push({ host, kind, from, to });
  };
  for (const event of history) {
    if (event.kind !== "host") continue;
    switch (event.phase) {
      case "crash":
        down.set(event.host, event.at);
        break;
      case "gone":
        if (!down.has(event.host)) down.set(event.host, event.at);
        break;
      case "pause":
        paused.set(event.host, event.at);
        break;
      case "boot":
        close(down, event.host, "down", event.at);
        break;
      case "resume":
        close(paused, event.host, "paused", event.at);
        break;
    }
  }
  for (const id of [...down.keys()]) close(down, id, "down", end);
  for (const id of [...paused.keys()]) close(paused, id, "paused", end);
  return outages.sort((a, b) => a.from - b.from);
}

/** When each fault was active, whom it struck, and when it first did something. */
export function faultBandsOf(
  faults: readonly Fault[],
  history: readonly HistoryEvent[],
  machines: readonly RecordedMachine[],
  end: Micros,
): FaultBand[] {
  const fired = new Map<string, Micros>();
  for (const event of history) {
    if (event.kind === "fault" && event.phase === "fired") fired.set(event.fault, event.at);
  }
  return faults
    .filter(({ at }) => at < end)
    .map((fault) => {
      const selectors = selectorsOf(fault);
      return {
        id: fault.id,
        kind: fault.kind,
        text: faultText(fault),
        from: fault.at,
        to: Math.min(end, fault.at + durationOf(fault)),
        fired: fired.get(fault.id) ?? -1,
        hosts: machines.flatMap((machine, index) => {
          return selectors.some((selector) => selects(selector, machine)) ? [index] : [];
        }),
        onHosts: "target" in fault,
      };
    })
    .sort((a, b) => a.from - b.from);
}

function selectorsOf(fault: Fault): readonly string[] {
  if ("target" in fault) return [fault.target];
  if ("from" in fault) return [fault.from, fault.to];
  return [...fault.a, ...fault.b];
}
