/** The order of each process, and the order of time: who had ended before whom began. Both with a linear number of edges. */
import { type Graph, PROCESS, REALTIME, THEN } from "./graph.js";
import type { Transaction } from "./transaction.js";

/** Aborted transactions did nothing; those whose end is unknown have nobody behind them. */
export function addProcessOrder(transactions: readonly Transaction[], graph: Graph): void {
  const latest = new Map<string, number>();
  for (const [index, { client, outcome, call }] of transactions.entries()) {
    if (outcome === "aborted") continue;
    const before = latest.get(client);
    // Who asks several things at a time has no order in them.
    const ended = before === undefined ? undefined : transactions[before]?.ret;
    if (before !== undefined && ended !== undefined && ended < call) graph.add(before, index, PROCESS);
    if (outcome === "committed") latest.set(client, index);
  }
}

/** A node for each end, in a chain: whoever begins comes behind all that ended before. */
export function addRealTimeOrder(transactions: readonly Transaction[], graph: Graph): void {
  const marks = transactions.flatMap(({ outcome, call, ret }, index) => {
    if (outcome === "aborted") return [];
    const begin = { at: call, index, isEnd: false };
    return outcome === "committed" ? [begin, { at: ret, index, isEnd: true }] : [begin];
  });
  marks.sort((a, b) => a.at - b.at || Number(a.isEnd) - Number(b.isEnd));
  let moment: number | undefined;
  for (const { index, isEnd } of marks) {
    if (!isEnd) {
      if (moment !== undefined) graph.add(moment, index, THEN);
      continue;
    }
    const next = graph.addNode();
    graph.add(index, next, REALTIME);
    if (moment !== undefined) graph.add(moment, next, THEN);
    moment = next;
  }
}
