/** Edges from everybody in one list to everybody in another, except to oneself, with a linear number of nodes and edges. */
import { type Graph, type Reason, RW, THEN } from "./graph.js";

export interface Later {
  readonly index: number;
  /** What stands at the end of the reason. */
  readonly after?: string;
}

/** Who read a version comes before all that wrote a later one. */
export function addReadersBefore(
  graph: Graph,
  readers: readonly number[],
  writers: readonly Later[],
  reason: Reason,
): void {
  const later = onceEach(writers);
  if (readers.length === 0 || later.length === 0) return;
  const ends = later.map(
    ({ after }): Reason => (after === undefined ? { key: reason.key } : { key: reason.key, after }),
  );
  const places = new Map(later.map(({ index }, place) => [index, place]));
  /** Leads to all up to this place, and to all from this place on. */
  const upTo: number[] = [];
  const from: number[] = [];
  for (const [place, { index }] of later.entries()) {
    const node = graph.addNode();
    graph.add(node, index, THEN, ends[place]);
    const before = upTo[place - 1];
    if (before !== undefined) graph.add(node, before, THEN);
    upTo.push(node);
  }
  const all = upTo[later.length - 1] as number; // there is at least one
  const own = readers.filter((reader) => places.has(reader));
  if (own.length > 0) {
    for (let place = later.length - 1; place >= 0; place--) {
      const node = graph.addNode();
      graph.add(node, later[place]?.index ?? 0, THEN, ends[place]);
      const behind = from[place + 1];
      if (behind !== undefined) graph.add(node, behind, THEN);
      from[place] = node;
    }
  }
  for (const reader of readers) {
    const place = places.get(reader);
    if (place === undefined) graph.add(reader, all, RW, reason);
    else {
      for (const node of [upTo[place - 1], from[place + 1]])
        if (node !== undefined) graph.add(reader, node, RW, reason);
    }
  }
}

/** Who wrote several versions counts once, with the first. */
function onceEach(writers: readonly Later[]): Later[] {
  const first = new Map<number, Later>();
  for (const writer of writers) if (!first.has(writer.index)) first.set(writer.index, writer);
  return [...first.values()];
}
