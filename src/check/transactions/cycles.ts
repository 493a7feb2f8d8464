/**
 * Circles of dependencies: transactions of which each must come before the next, and the last before the first.
 *
 * Whether there is one that a consistency model forbids is decided exactly and in linear time, by strongly connected
 * components: of all dependencies for serializability, and of a graph with two nodes for each transaction for snapshot
 * isolation, in which no two anti-dependencies follow one another. Which name the circles have depends on which are found: the search
 * for short ones ends at a bound. So a circle may have a worse relative that is not shown, and none is missed altogether.
 */
import { components } from "./components.js";
import type { Anomaly, Step } from "./finding.js";
import { dependencyName, Graph, PROCESS, REALTIME, RW, THEN, WR, WW } from "./graph.js";
import type { AnomalyName } from "./levels.js";
import type { Transaction } from "./transaction.js";

/** Edges that all searches for short circles may look at, and circles that are shown of each kind. */
const EDGES = 30_000_000;
const SHOWN = 4;

/** Circles, at most some of each kind: the shortest that were found. */
export function cyclesIn(transactions: readonly Transaction[], graph: Graph): Anomaly[] {
  const circular = withinCircles(graph);
  if (circular === undefined) return [];
  return new CycleSearch(
    circular.kept.flatMap((node) => transactions[node] ?? []),
    circular.graph,
  ).run();
}

/** The part of the graph that lies on circles, which is most often nothing; with the nodes that are kept. */
function withinCircles(
  graph: Graph,
): { readonly graph: Graph; readonly kept: readonly number[] } | undefined {
  const component = components(graph, -1);
  const kept: number[] = [];
  for (let node = 0; node < graph.nodes; node++) if (component[node] !== -1) kept.push(node);
  if (kept.length === 0) return undefined;
  const places = new Map(kept.map((node, place) => [node, place]));
  const part = new Graph(kept.filter((node) => node < graph.transactions).length);
  while (part.nodes < kept.length) part.addNode();
  for (let edge = 0; edge < graph.edgeCount; edge++) {
    const [from, to] = [graph.fromOf(edge), graph.toOf(edge)];
    if (component[from] === -1 || component[from] !== component[to]) continue;
    part.add(places.get(from) ?? 0, places.get(to) ?? 0, graph.kindOf(edge), graph.reasonOf(edge));
  }
  return { graph: part, kept };
}

/** How a search goes through the graph: its places, and where an edge leads from one of them. */
interface Walk {
  nodeAt(place: number): number;
  /** Negative: the edge is not to be taken from there. */
  follow(edge: number, place: number): number;
}

class CycleSearch {
  readonly #transactions: readonly Transaction[];
  readonly #graph: Graph;
  readonly #found = new Map<AnomalyName, Anomaly[]>();
  readonly #known = new Set<string>();
  /** By which edge, and from where, a place was reached in the search of this number. */
  readonly #reachedBy: Int32Array;
  readonly #reachedFrom: Int32Array;
  readonly #reachedIn: Int32Array;
  readonly #queue: Int32Array;
  #search = 0;
  #left = EDGES;

  constructor(transactions: readonly Transaction[], graph: Graph) {
    this.#transactions = transactions;
    this.#graph = graph;
    this.#reachedBy = new Int32Array(2 * graph.nodes);
    this.#reachedFrom = new Int32Array(2 * graph.nodes);
    this.#reachedIn = new Int32Array(2 * graph.nodes);
    this.#queue = new Int32Array(2 * graph.nodes);
  }

  run(): Anomaly[] {
    // Each kind of order with and without processes and time, from bad to subtle.
    for (const order of [0, PROCESS, PROCESS | REALTIME]) {
      this.#circles(WW | order, order === 0 ? WW : order);
      this.#circles(WW | WR | order, order === 0 ? WR : order);
      this.#withOneAnti(order);
      this.#withoutAdjacent(order);
      this.#circles(WW | WR | RW | order, RW);
      if (order !== 0) this.#circles(WW | WR | RW | order, order);
    }
    return [...this.#found.values()].flat();
  }

  /** Circles of the mask's edges through one of these kinds. */
  #circles(mask: number, through: number): void {
    const component = components(this.#graph, mask | THEN);
    const done = new Set<number>();
    for (let edge = 0; edge < this.#graph.edgeCount; edge++) {
      if ((this.#graph.kindOf(edge) & through) === 0) continue;
      const within = this.#withinComponent(edge, component);
      if (within === undefined || done.has(within)) continue;
      const path = this.#pathBack(edge, mask | THEN, component);
      if (path === undefined) continue;
      done.add(within);
      this.#add([edge, ...path]);
    }
  }

  /** With one anti-dependency. */
  #withOneAnti(order: number): void {
    const component = components(this.#graph, WW | WR | RW | THEN | order);
    const mask = WW | WR | THEN | order;
    const done = new Map<number, number>();
    for (let edge = 0; edge < this.#graph.edgeCount && this.#left > 0; edge++) {
      if (this.#graph.kindOf(edge) !== RW) continue;
      const within = this.#withinComponent(edge, component);
      if (within === undefined || (done.get(within) ?? 0) >= SHOWN) continue;
      const path = this.#pathBack(edge, mask, component);
      if (path === undefined) continue;
      done.set(within, (done.get(within) ?? 0) + 1);
      this.#add([edge, ...path]);
    }
  }

  /** In which no two anti-dependencies follow one another: circles of a graph in which each node remembers how it was reached. */
  #withoutAdjacent(order: number): void {
    const mask = WW | WR | RW | THEN | order;
    const doubled = new DoubledGraph(this.#graph, mask);
    const component = components(doubled, -1);
    const done = new Set<number>();
    for (let edge = 0; edge < this.#graph.edgeCount && this.#left > 0; edge++) {
      if (this.#graph.kindOf(edge) !== RW) continue;
      const own = component[2 * this.#graph.fromOf(edge)] ?? -1;
      if (own < 0 || own !== component[2 * this.#graph.toOf(edge) + 1] || done.has(own)) continue;
      const path = this.#alternatingPath(edge, mask, component);
      if (path === undefined) continue;
      done.add(own);
      this.#add([edge, ...path]);
    }
  }

  #withinComponent(edge: number, component: Int32Array): number | undefined {
    const own = component[this.#graph.fromOf(edge)] ?? -1;
    return own >= 0 && own === component[this.#graph.toOf(edge)] ? own : undefined;
  }

  /** The shortest way over edges of these kinds from where an edge ends to where it begins. */
  #pathBack(edge: number, kinds: number, component: Int32Array): number[] | undefined {
    const graph = this.#graph;
    return this.#way(graph.toOf(edge), graph.fromOf(edge), component, {
      nodeAt: (place) => place,
      follow: (next) => ((graph.kindOf(next) & kinds) === 0 ? -1 : graph.toOf(next)),
    });
  }

  /** The same where no anti-dependency follows another one. Nodes are doubled: reached by one, or not. */
  #alternatingPath(edge: number, mask: number, component: Int32Array): number[] | undefined {
    const graph = this.#graph;
    return this.#way(2 * graph.toOf(edge) + 1, 2 * graph.fromOf(edge), component, {
      nodeAt: (place) => place >> 1,
      follow: (next, place) => doubledTarget(graph, next, place & 1, mask),
    });
  }

  /** The edges of the shortest way between two places of one component. */
  #way(start: number, goal: number, component: Int32Array, { nodeAt, follow }: Walk): number[] | undefined {
    const within = component[goal];
    const { starts, ordered } = this.#graph;
    const search = ++this.#search;
    let [head, tail] = [0, 0];
    this.#reachedIn[start] = search;
    this.#queue[tail++] = start;
    while (head < tail && this.#left > 0) {
      const place = this.#queue[head++] ?? 0;
      const node = nodeAt(place);
      for (let at = starts[node] ?? 0; at < (starts[node + 1] ?? 0); at++) {
        this.#left--;
        const next = ordered[at] ?? 0;
        const to = follow(next, place);
        if (to < 0 || this.#reachedIn[to] === search || component[to] !== within) continue;
        this.#reachedIn[to] = search;
        this.#reachedBy[to] = next;
        this.#reachedFrom[to] = place;
        if (to === goal) return this.#edgesTo(goal, start);
        this.#queue[tail++] = to;
      }
    }
    return undefined;
  }

  #edgesTo(goal: number, start: number): number[] {
    const edges: number[] = [];
    for (let place = goal; place !== start; place = this.#reachedFrom[place] ?? start) {
      edges.push(this.#reachedBy[place] ?? 0);
    }
    return edges.reverse();
  }

  #add(edges: readonly number[]): void {
    const steps = this.#steps(edges);
    const name = nameOf(steps);
    const known = this.#found.get(name) ?? [];
    const members = steps.map(({ from }) => this.#transactions.indexOf(from)).sort((a, b) => a - b);
    const identity = `${name} ${members.join(" ")}`;
    if (known.length >= SHOWN || this.#known.has(identity)) return;
    this.#known.add(identity);
    this.#found.set(name, [...known, { kind: "cycle", name, steps }]);
  }

  /** Nodes that are no transactions are left out: what leads through them is one step. */
  #steps(edges: readonly number[]): Step[] {
    const own = this.#graph.transactions;
    const first = edges.findIndex((edge) => this.#graph.fromOf(edge) < own);
    const turned = [...edges.slice(first), ...edges.slice(0, first)];
    const steps: Step[] = [];
    let begun: number | undefined;
    for (const edge of turned) {
      begun ??= edge;
      const to = this.#graph.toOf(edge);
      if (to >= own) continue;
      const [before, after] = [this.#graph.reasonOf(begun), this.#graph.reasonOf(edge)];
      steps.push({
        from: this.#transactions[this.#graph.fromOf(begun)] as Transaction, // steps begin and end at transactions
        to: this.#transactions[to] as Transaction, // as above
        dependency: dependencyName(this.#graph.kindOf(begun)),
        reason: before === undefined ? undefined : { ...after, ...before },
      });
      begun = undefined;
    }
    return steps;
  }
}

function nameOf(steps: readonly Step[]): AnomalyName {
  const has = (dependency: Step["dependency"]): boolean =>
    steps.some((step) => step.dependency === dependency);
  const order = has("realtime") ? "-realtime" : has("process") ? "-process" : "";
  const anti = steps.map(({ dependency }) => dependency === "rw");
  const count = anti.filter(Boolean).length;
  const adjacent = anti.some((is, at) => is && anti[(at + 1) % anti.length] === true && anti.length > 1);
  const base =
    count > 1
      ? adjacent
        ? "G2-item"
        : "G-nonadjacent"
      : count === 1
        ? "G-single"
        : has("wr")
          ? "G1c"
          : "G0";
  return `${base}${order}`;
}

/** Where an edge leads from a node that was reached by an anti-dependency (1) or not (0); -1 where it must not be taken. */
function doubledTarget(graph: Graph, edge: number, state: number, mask: number): number {
  const kind = graph.kindOf(edge);
  if ((kind & mask) === 0) return -1;
  if (kind === THEN) return 2 * graph.toOf(edge) + state;
  if (kind === RW) return state === 1 ? -1 : 2 * graph.toOf(edge) + 1;
  return 2 * graph.toOf(edge);
}

/** Each node twice. Looks to the search for components like a graph. */
class DoubledGraph {
  readonly nodes: number;
  readonly starts: Int32Array;
  readonly ordered: Int32Array;
  readonly #targets: Int32Array;

  constructor(graph: Graph, mask: number) {
    this.nodes = 2 * graph.nodes;
    this.starts = new Int32Array(this.nodes + 1);
    const targets: number[] = [];
    for (let node = 0; node < graph.nodes; node++) {
      for (const state of [0, 1]) {
        this.starts[2 * node + state] = targets.length;
        for (let at = graph.starts[node] ?? 0; at < (graph.starts[node + 1] ?? 0); at++) {
          const to = doubledTarget(graph, graph.ordered[at] ?? 0, state, mask);
          if (to >= 0) targets.push(to);
        }
      }
    }
    this.starts[this.nodes] = targets.length;
    this.#targets = Int32Array.from(targets);
    this.ordered = Int32Array.from(targets.keys());
  }

  toOf = (edge: number): number => this.#targets[edge] ?? 0;
  kindOf = (_: number): number => 1;
}
