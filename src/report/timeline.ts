/**
 * The events that matter, line by line: virtual time, the gutter of active faults, the host, what happened.
 * A long story is cut to a bounded number of lines, fairly among the kinds of events, and says what was cut.
 */

import type { Micros } from "../sim/time.js";
import { asBegun } from "../sim/triggers.js";
import type { Outcome } from "../storm/scenario.js";
import { Gutter } from "./gutter.js";
import { type FlowTick, type Moment, type MomentKind, momentsOf } from "./moments.js";
import { aligned, clean, cut, padded, type TextStyle, wrapped } from "./text-style.js";
import { compact, list, moment } from "./words.js";

/** Moments that a cut story tells. */
const SHOWN_MOMENTS = 48;
/** The flow is shown at most this many times over the run's length. */
const FLOW_LINES = 20;
/** In a storm of at most this many faults, each of them is a turn of the story. */
const FEW_FAULTS = 8;
/** Below this many columns the host stands in the text instead of a column of its own. */
const HOST_COLUMN_FROM = 76;
const TIME_COLUMNS = 9;

export function timelineLines(outcome: Outcome, style: TextStyle, full: boolean): string[] {
  const report = momentsOf(outcome);
  const shown = full ? new Set(report.moments) : fairShare(report.moments, SHOWN_MOMENTS);
  const writer = new Writer(outcome, style);
  const flow = new Flow(report.flow, outcome.virtualTime);
  for (const item of report.moments) {
    const isShown = shown.has(item);
    if (isShown) {
      const isTurn = item.kind === "fault" && outcome.plan.faults.length <= FEW_FAULTS;
      for (const line of flow.before(item.at, isTurn)) writer.flow(line.at, line.text);
    }
    writer.moment(item, isShown);
  }
  for (const line of flow.rest()) writer.flow(line.at, line.text);
  const cutKinds = report.moments.filter((item) => !shown.has(item)).map(({ kind }) => kind);
  return [...writer.lines, ...cutLines(cutKinds, style)];
}

/**
 * Every kind gets the same share until all of it is shown; within a kind, what is shown is spread over the
 * run.
 */
function fairShare(moments: readonly Moment[], limit: number): ReadonlySet<Moment> {
  const kinds = new Map<MomentKind, Moment[]>();
  for (const item of moments) kinds.set(item.kind, [...(kinds.get(item.kind) ?? []), item]);
  const printed = new Set<Moment>();
  let left = limit;
  const smallestFirst = [...kinds.values()].sort((a, b) => a.length - b.length);
  for (const [index, group] of smallestFirst.entries()) {
    const share = Math.floor(left / (smallestFirst.length - index));
    const taken = Math.min(share, group.length);
    for (let i = 0; i < taken; i++) {
      const item = group[Math.floor((i * group.length) / taken)];
      if (item !== undefined) printed.add(item);
    }
    left -= taken;
  }
  return printed;
}

function cutLines(kinds: readonly MomentKind[], { color, columns }: TextStyle): string[] {
  if (kinds.length === 0) return [];
  const counts = new Map<MomentKind, number>();
  for (const kind of kinds) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  const printed = [...counts].map(([kind, n]) => `${kind} ×${n}`);
  return wrapped(
    `${kinds.length} more moments are not shown (${list(printed, 12)}); --full shows all`,
    columns - 2,
  ).map((line) => `  ${color.dim(line)}`);
}

/** What was counted since the flow was last shown. */
class Flow {
  readonly #ticks: readonly FlowTick[];
  readonly #period: Micros;
  #next = 0;
  #printedAt: Micros = 0;

  constructor(ticks: readonly FlowTick[], end: Micros) {
    this.#ticks = ticks;
    this.#period = Math.max(1, Math.ceil(end / FLOW_LINES));
  }

  /**
   * The flow up to a moment: shown when it is due, when nothing was shown for a while, or at a turn of the
   * story.
   */
  *before(at: Micros, isTurn = false): Generator<{ readonly at: Micros; readonly text: string }> {
    while (at - this.#printedAt >= this.#period) {
      const until = Math.min(at, this.#printedAt + 4 * this.#period);
      this.#printedAt = until;
      const line = this.#take(until);
      if (line !== undefined) yield line;
    }
    if (!isTurn) return;
    this.#printedAt = at;
    const line = this.#take(at);
    if (line !== undefined) yield line;
  }

  *rest(): Generator<{ readonly at: Micros; readonly text: string }> {
    const last = this.#ticks.at(-1);
    if (last !== undefined) yield* this.before(last.at);
    const line = this.#take(Number.POSITIVE_INFINITY);
    if (line !== undefined) yield line;
  }

  #take(until: Micros): { readonly at: Micros; readonly text: string } | undefined {
    const counts = new Map<string, number>();
    let at = 0;
    for (let tick = this.#ticks[this.#next]; tick !== undefined && tick.at <= until; ) {
      counts.set(tick.label, (counts.get(tick.label) ?? 0) + 1);
      at = tick.at;
      tick = this.#ticks[++this.#next];
    }
    if (counts.size === 0) return undefined;
    const mostFirst = [...counts].sort(([, a], [, b]) => b - a);
    return { at, text: mostFirst.map(([label, n]) => `+${compact(n)} ${label}`).join(", ") };
  }
}

class Writer {
  readonly lines: string[] = [];
  readonly #style: TextStyle;
  readonly #gutter: Gutter;
  readonly #hostColumns: number;
  #lastAt: Micros = 0;

  constructor(outcome: Outcome, style: TextStyle) {
    this.#style = style;
    const { plan, history } = outcome;
    const faults = asBegun(plan.faults, history, plan.topology);
    this.#gutter = new Gutter(faults, style.columns < HOST_COLUMN_FROM ? 4 : 8, style);
    const longest = outcome.plan.topology.reduce((most, { id }) => Math.max(most, id.length), 8);
    this.#hostColumns = style.columns < HOST_COLUMN_FROM ? 0 : Math.min(longest, 20);
  }

  /** Faults move the gutter whether their moment is shown or not. */
  moment({ at, kind, host, text, fault }: Moment, isShown: boolean): void {
    if (fault === undefined) {
      if (isShown) this.#write(at, host, text, kind);
      return;
    }
    if (this.#gutter.isActive(fault)) {
      if (isShown) this.#write(at, host, text, kind, fault, "└");
      this.#gutter.end(fault);
    } else {
      this.#gutter.begin(fault);
      if (isShown) this.#write(at, host, text, kind, fault, "┌");
    }
  }

  /** Shown at the time of its last part, but never before the line above it. */
  flow(at: Micros, text: string): void {
    this.#write(Math.max(at, this.#lastAt), "", text, "flow");
  }

  #write(
    at: Micros,
    host: string,
    text: string,
    kind: MomentKind | "flow",
    fault?: string,
    mark?: string,
  ): void {
    const { color, columns } = this.#style;
    const time = color.dim(aligned(moment(at).replace(" s", ""), TIME_COLUMNS));
    const bars = this.#gutter.draw(fault, mark);
    const name = clean(host);
    const hasHostColumn = this.#hostColumns > 0;
    const body = hasHostColumn || name === "" ? text : `${name}: ${text}`;
    const column = hasHostColumn ? `${padded(cut(name, this.#hostColumns), this.#hostColumns)} ` : "";
    const gap = this.#gutter.columns > 0 ? " " : "";
    const indent = TIME_COLUMNS + 1 + this.#gutter.columns + gap.length + column.length;
    const room = Math.max(16, columns - indent);
    const rows = kind === "violation" ? [cut(clean(body), room)] : wrapped(body, room);
    this.#lastAt = at;
    for (const [index, row] of rows.entries()) {
      const head =
        index === 0
          ? `${time} ${bars}`
          : `${" ".repeat(TIME_COLUMNS)} ${this.#gutter.draw(fault, mark === "└" ? " " : "│")}`;
      const place = index === 0 ? column : " ".repeat(column.length);
      this.lines.push(`${head}${gap}${place}${this.#paint(row, kind)}`.trimEnd());
    }
  }

  #paint(text: string, kind: MomentKind | "flow"): string {
    const { color } = this.#style;
    switch (kind) {
      case "violation":
        return color.red.bold(text);
      case "fault":
        return color.yellow(text);
      case "host":
        return color.magenta(text);
      case "election":
      case "membership":
      case "lease":
        return color.cyan(text);
      case "flow":
        return color.dim(text);
      default:
        return text;
    }
  }
}
