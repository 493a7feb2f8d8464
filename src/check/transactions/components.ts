/** Strongly connected components of a graph, by Tarjan's algorithm without recursion: linear, however deep the graph is. */

/** Nodes, and the edges that leave each of them: those of a node stand in `ordered` from its `starts` on. */
export interface Edges {
  readonly nodes: number;
  readonly starts: Int32Array;
  readonly ordered: Int32Array;
  readonly toOf: (edge: number) => number;
  readonly kindOf: (edge: number) => number;
}

/**
 * The component of each node, by the edges of the kinds in the mask; -1 for a node that is in no circle. Whatever is on a
 * circle of those edges lies within one component.
 */
export function components(graph: Edges, mask: number): Int32Array {
  const { nodes, starts, ordered } = graph;
  const index = new Int32Array(nodes).fill(-1);
  const low = new Int32Array(nodes);
  const component = new Int32Array(nodes).fill(-1);
  const onStack = new Uint8Array(nodes);
  const stack: number[] = [];
  const next = new Int32Array(nodes);
  const path: number[] = [];
  let seen = 0;
  let count = 0;
  const enter = (node: number): void => {
    index[node] = seen;
    low[node] = seen++;
    next[node] = starts[node] ?? 0;
    stack.push(node);
    onStack[node] = 1;
    path.push(node);
  };
  for (let root = 0; root < nodes; root++) {
    if (index[root] !== -1) continue;
    enter(root);
    while (path.length > 0) {
      const node = path[path.length - 1] as number; // the path is not empty
      const at = next[node] ?? 0;
      if (at < (starts[node + 1] ?? 0)) {
        next[node] = at + 1;
        const edge = ordered[at] ?? 0;
        if ((graph.kindOf(edge) & mask) === 0) continue;
        const to = graph.toOf(edge);
        if (index[to] === -1) enter(to);
        else if (onStack[to] === 1) low[node] = Math.min(low[node] ?? 0, index[to] ?? 0);
        continue;
      }
      path.pop();
      const parent = path[path.length - 1];
      if (parent !== undefined) low[parent] = Math.min(low[parent] ?? 0, low[node] ?? 0);
      if (low[node] !== index[node]) continue;
      const alone = stack[stack.length - 1] === node;
      for (;;) {
        const member = stack.pop();
        if (member === undefined) break;
        onStack[member] = 0;
        if (!alone) component[member] = count;
        if (member === node) break;
      }
      if (!alone) count++;
    }
  }
  return component;
}
