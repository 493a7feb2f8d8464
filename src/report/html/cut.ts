/**
 * Which facts and packets of a run are drawn when there are more than a page can carry.
 *
 * What led to a violation is always drawn: its evidence and the causes of that. Of the rest, kinds that are rare are
 * drawn whole, and from kinds that are many only those nearest to the moment that matters, an unbroken stretch for
 * each. Whatever is left out is counted and named: nothing is dropped silently.
 */
import type { Micros } from "../../sim/time.js";
import { moment } from "../words.js";

/** A fact or a packet, as far as the cut looks at it. */
export interface Cuttable {
  /** A fact's kind or a packet's name. */
  readonly label: string;
  readonly at: Micros;
  /** Must be drawn. */
  readonly needed: boolean;
}

export interface KindCut {
  readonly label: string;
  readonly drawn: number;
  readonly total: number;
  /** The stretch in which it is drawn whole. */
  readonly from: Micros;
  readonly to: Micros;
}

export interface Cut {
  /** For each of the items whether it is drawn. */
  readonly drawn: readonly boolean[];
  /** Kinds of which something was left out. */
  readonly kinds: readonly KindCut[];
}

/** @param focus the moment that matters. */
export function cutTo(limit: number, items: readonly Cuttable[], focus: Micros): Cut {
  if (items.length <= limit) return { drawn: items.map(() => true), kinds: [] };
  const drawn = items.map(({ needed }) => needed);
  const rest = new Map<string, number[]>();
  items.forEach(({ label, needed }, index) => {
    const own = rest.get(label) ?? [];
    if (!needed) own.push(index);
    rest.set(label, own);
  });
  const needed = drawn.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  const quota = quotaFor(
    Math.max(0, limit - needed),
    [...rest.values()].map(({ length }) => length),
  );
  const kinds: KindCut[] = [];
  for (const [label, indexes] of rest) {
    const kept = nearest(items, indexes, Math.min(quota, indexes.length), focus);
    for (const index of kept) drawn[index] = true;
    if (kept.length === indexes.length) continue;
    const always = items.filter((item) => item.needed && item.label === label).length;
    kinds.push({
      label,
      drawn: kept.length + always,
      total: indexes.length + always,
      from: items[kept[0] ?? -1]?.at ?? focus,
      to: items[kept.at(-1) ?? -1]?.at ?? focus,
    });
  }
  return { drawn, kinds: kinds.sort((a, b) => b.total - b.drawn - (a.total - a.drawn)) };
}

/** The largest number that each kind may have at most, so that all together have no more than `room`. */
function quotaFor(room: number, counts: readonly number[]): number {
  const ascending = [...counts].sort((a, b) => a - b);
  let left = room;
  for (let i = 0; i < ascending.length; i++) {
    const count = ascending[i] ?? 0;
    const share = Math.floor(left / (ascending.length - i));
    if (count > share) return share;
    left -= count;
  }
  return ascending.at(-1) ?? 0;
}

/** So many of the indexes, in a row, as close around the focus as can be. Items are in the order of their times. */
function nearest(
  items: readonly Cuttable[],
  indexes: readonly number[],
  count: number,
  focus: Micros,
): readonly number[] {
  if (count >= indexes.length) return indexes;
  const time = (position: number): Micros => items[indexes[position] ?? 0]?.at ?? 0;
  let from = indexes.findIndex((index) => (items[index]?.at ?? 0) >= focus);
  if (from < 0) from = indexes.length;
  let to = from;
  while (to - from < count) {
    const before = from > 0 ? focus - time(from - 1) : Number.POSITIVE_INFINITY;
    const after = to < indexes.length ? time(to) - focus : Number.POSITIVE_INFINITY;
    if (before <= after) from--;
    else to++;
  }
  return indexes.slice(from, to);
}

/** What was left out, as sentences; none when everything is drawn. */
export function cutSentences({ drawn, kinds }: Cut): string[] {
  if (kinds.length === 0) return [];
  const kept = drawn.reduce((sum, is) => sum + (is ? 1 : 0), 0);
  const parts = kinds.map(({ label, drawn: some, total, from, to }) => {
    const where = some === 0 ? "none" : `${some} (whole from ${moment(from)} to ${moment(to)})`;
    return `of ${total} ${label} ${where}`;
  });
  return [
    `Drawn are ${kept} of ${drawn.length} facts and messages, all that led to a violation among them.`,
    `Cut: ${parts.join("; ")}.`,
  ];
}
