/**
 * Dependencies between transactions: who must come before whom in every order, and why (Adya, Liskov, O'Neil, ICDE 2000).
 *
 * - `ww`: one wrote the version that the other's followed.
 * - `wr`: one wrote what the other read.
 * - `rw`: one read the version that the other's followed.
 * - `process`: one process asked one after the other.
 * - `realtime`: one had ended before the other began.
 *
 * Nodes beyond the transactions stand for many edges at once: what was read at a version to all that followed it, and a
 * chain of moments in time. An edge of kind `then` leads on from such a node and adds nothing. The graph stays linear in the history.
 */
export type Dependency = "ww" | "wr" | "rw" | "process" | "realtime";

export const WW = 1;
export const WR = 2;
export const RW = 4;
export const PROCESS = 8;
export const REALTIME = 16;
export const THEN = 32;

const NAMES: Readonly<Record<number, Dependency>> = {
  [WW]: "ww",
  [WR]: "wr",
  [RW]: "rw",
  [PROCESS]: "process",
  [REALTIME]: "realtime",
};

export const dependencyName = (kind: number): Dependency => NAMES[kind] ?? "ww";

/** What an edge is about: a key, and the values that tell. */
export interface Reason {
  readonly key: string;
  /** What was there before, as text; undefined for the state at the beginning. */
  readonly before?: string;
  readonly after?: string;
}

/** Edges in the order of the nodes that they leave. */
export class Graph {
  /** How many nodes are transactions. */
  readonly transactions: number;
  #nodes: number;
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #kind: number[] = [];
  readonly #reason: (Reason | undefined)[] = [];
  #starts: Int32Array | undefined;
  #edges: Int32Array = new Int32Array(0);

  constructor(transactions: number) {
    this.transactions = transactions;
    this.#nodes = transactions;
  }

  get nodes(): number {
    return this.#nodes;
  }

  get edgeCount(): number {
    return this.#from.length;
  }

  /** A node that is no transaction. */
  addNode(): number {
    this.#starts = undefined;
    return this.#nodes++;
  }

  add(from: number, to: number, kind: number, reason?: Reason): void {
    if (from === to) return;
    this.#starts = undefined;
    this.#from.push(from);
    this.#to.push(to);
    this.#kind.push(kind);
    this.#reason.push(reason);
  }

  fromOf = (edge: number): number => this.#from[edge] ?? 0;
  toOf = (edge: number): number => this.#to[edge] ?? 0;
  kindOf = (edge: number): number => this.#kind[edge] ?? 0;
  reasonOf = (edge: number): Reason | undefined => this.#reason[edge];

  /** Where the edges that leave a node begin in `ordered`; they end where those of the next one begin. */
  get starts(): Int32Array {
    if (this.#starts !== undefined) return this.#starts;
    const starts = new Int32Array(this.#nodes + 1);
    for (const from of this.#from) starts[from + 1] = (starts[from + 1] ?? 0) + 1;
    for (let i = 0; i < this.#nodes; i++) starts[i + 1] = (starts[i + 1] ?? 0) + (starts[i] ?? 0);
    const next = starts.slice();
    this.#edges = new Int32Array(this.#from.length);
    for (let edge = 0; edge < this.#from.length; edge++) {
      const from = this.#from[edge] ?? 0;
      this.#edges[next[from] ?? 0] = edge;
      next[from] = (next[from] ?? 0) + 1;
    }
    this.#starts = starts;
    return starts;
  }

  /** All edges by the nodes that they leave. */
  get ordered(): Int32Array {
    void this.starts;
    return this.#edges;
  }
}
