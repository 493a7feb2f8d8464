/**
 * Which facts and messages of a run are drawn when there are more than a page can carry.
 *
 * Around the moment that matters everything is drawn, so that there every message can be followed and every silence is
 * real. Before and after it, what led to a violation is drawn (the evidence and its causes) and the kinds that are rare:
 * they tell what went on. Whatever is left out is counted and named: nothing is dropped silently.
 */
import type { Micros } from "../../sim/time.js";
import { grouped, list, moment } from "../words.js";

/** A fact or a message, as far as the cut looks at it. */
export interface Cuttable {
  /** A fact's kind or a message's name. */
  readonly label: string;
  readonly at: Micros;
  /** Must be drawn. */
  readonly needed: boolean;
}

export interface KindCut {
  readonly label: string;
  readonly drawn: number;
  readonly total: number;
}

export interface Cut {
  /** For each of the items whether it is drawn. */
  readonly drawn: readonly boolean[];
  /** Between these two everything is drawn. */
  readonly from: Micros;
  readonly to: Micros;
  /** Kinds that are drawn whole beyond that, too. */
  readonly whole: readonly string[];
  /** Kinds of which something was left out, those of which most was first. Empty when everything is drawn. */
  readonly kinds: readonly KindCut[];
}

/** Rare kinds together take at most this share of the room. */
const SHARE_OF_RARE = 0.25;

/** @param focus the moment that matters. */
export function cutTo(limit: number, items: readonly Cuttable[], focus: Micros): Cut {
  if (items.length <= limit) return { drawn: items.map(() => true), from: 0, to: 0, whole: [], kinds: [] };
  const totals = counted(items);
  const whole = rareKinds(totals, limit * SHARE_OF_RARE);
  const drawn = items.map(({ needed, label }) => needed || whole.has(label));
  const rest = [...items.keys()].filter((index) => drawn[index] === false);
  rest.sort((a, b) => timeOf(items, a) - timeOf(items, b));
  const kept = nearest(items, rest, limit - (items.length - rest.length), focus);
  for (const index of kept) drawn[index] = true;
  const shown = counted(items.filter((_, index) => drawn[index]));
  const kinds = [...totals]
    .map(([label, total]) => ({ label, drawn: shown.get(label) ?? 0, total }))
    .filter((kind) => kind.drawn < kind.total)
    .sort((a, b) => b.total - b.drawn - (a.total - a.drawn));
  const [first, last] = [kept[0], kept.at(-1)];
  return {
    drawn,
    from: first === undefined ? focus : timeOf(items, first),
    to: last === undefined ? focus : timeOf(items, last),
    whole: [...whole],
    kinds,
  };
}

function counted(items: readonly Cuttable[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { label } of items) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}

function timeOf(items: readonly Cuttable[], index: number): Micros {
  return items[index]?.at ?? 0;
}

/** The rarest kinds, as many of them as there is room for. */
function rareKinds(totals: ReadonlyMap<string, number>, room: number): ReadonlySet<string> {
  const rare = new Set<string>();
  let left = room;
  for (const [label, total] of [...totals].sort(([, a], [, b]) => a - b)) {
    if (total > left) break;
    left -= total;
    rare.add(label);
  }
  return rare;
}

/** So many of the indexes, in a row, as close around the focus as can be. They come in the order of their times. */
function nearest(
  items: readonly Cuttable[],
  indexes: readonly number[],
  count: number,
  focus: Micros,
): readonly number[] {
  const time = (position: number): Micros => timeOf(items, indexes[position] ?? -1);
  let from = indexes.findIndex((index) => timeOf(items, index) >= focus);
  if (from < 0) from = indexes.length;
  let to = from;
  while (to - from < Math.min(count, indexes.length)) {
    const before = from > 0 ? focus - time(from - 1) : Number.POSITIVE_INFINITY;
    const after = to < indexes.length ? time(to) - focus : Number.POSITIVE_INFINITY;
    if (before <= after) from--;
    else to++;
  }
  return indexes.slice(from, to);
}

/** What was left out, as sentences; none when everything is drawn. */
export function cutSentences({ drawn, from, to, whole, kinds }: Cut): string[] {
  if (kinds.length === 0) return [];
  const kept = drawn.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  const left = kinds.map(
    ({ label, drawn: some, total }) => `${grouped(total - some)} of ${grouped(total)} ${label}`,
  );
  const beyond = whole.length === 0 ? "" : ` and all ${list(whole, 20)}`;
  return [
    `${grouped(kept)} of ${grouped(drawn.length)} facts and messages are drawn: everything from ${moment(from)} to ${moment(to)}; before and after, what led to a violation${beyond}.`,
    `Not drawn: ${left.join(", ")}.`,
  ];
}
