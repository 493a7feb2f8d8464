/**
 * What judging histories costs, by size and clients: `node build/bench/linearizability.js`. Made-up histories, the same ones every
 * time; sums over all histories of a suite, each checked once after one that warms up, and the most memory until then.
 */
import {
  analyseTransactions,
  checkAgainst,
  type ModelName,
  type Operation,
  readyModel,
} from "../src/check/index.js";
import { kvHistory, queueHistory, registerHistory, soundHistory, staleHistory } from "./histories.js";
import { listAppendHistory } from "./transaction-histories.js";

const HISTORIES = 10;
const words = { moment: (position: number) => `in line ${position}`, client: (client: string) => client };

/** What came of one history. */
type Judged = () => string;

function suite(
  name: string,
  size: number,
  clients: number,
  histories: number,
  make: (seed: number) => Judged,
): void {
  make(0)();
  const verdicts = new Map<string, number>();
  let milliseconds = 0;
  for (let seed = 1; seed <= histories; seed++) {
    const judge = make(seed);
    const start = process.cpuUsage();
    const verdict = judge();
    const { user, system } = process.cpuUsage(start);
    milliseconds += (user + system) / 1e3;
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  }
  const explained = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  const [time, memory] = [milliseconds.toFixed(0), Math.round(process.resourceUsage().maxRSS / 1e3)];
  process.stdout.write(
    `${name.padEnd(22)} ${String(size).padStart(7)} operations, ${String(clients).padStart(2)} clients: ${time.padStart(6)} ms, ${String(memory).padStart(4)} MB, ${explained}\n`,
  );
}

const judged =
  (model: ModelName, operations: readonly Operation[]): Judged =>
  () =>
    checkAgainst(readyModel(model), operations, words).result.verdict;

/** Reads and writes of values that are all written once. */
const distinctHistory = (seed: number, operations: number, clients: number): Operation[] =>
  soundHistory({
    seed,
    operations,
    clients,
    draw: (random, serial) =>
      random.chance(0.5) ? { f: "read", object: "", input: null } : { f: "write", object: "", input: serial },
    answer: (state, f, input) => (f === "read" ? { output: state, state } : { output: true, state: input }),
  });

/** With one answer that comes too late; as it is where no read can be made stale. */
function stale(operations: readonly Operation[]): readonly Operation[] {
  try {
    return staleHistory(operations, 0.6, (f) => f === "get" || f === "read");
  } catch {
    return operations;
  }
}

for (const [size, clients] of [
  [200, 5],
  [2_000, 10],
  [10_000, 20],
] as const) {
  suite("register, distinct", size, clients, HISTORIES, (seed) =>
    judged("register", distinctHistory(seed, size, clients)),
  );
  suite("cas-register", size, clients, HISTORIES, (seed) =>
    judged("cas-register", registerHistory(seed, size, clients)),
  );
  suite("kv, ten keys", size, clients, HISTORIES, (seed) => judged("kv", kvHistory(seed, size, clients)));
  suite("kv, one answer stale", size, clients, HISTORIES, (seed) =>
    judged("kv", stale(kvHistory(seed, size, clients))),
  );
  suite("queue", size, clients, HISTORIES, (seed) => judged("queue", queueHistory(seed, size, clients)));
  suite("list-append", size, clients, HISTORIES, (seed) => {
    const transactions = listAppendHistory(seed, size, clients);
    return () =>
      analyseTransactions(transactions, "list-append").anomalies.length === 0 ? "in order" : "anomalies";
  });
}
suite("list-append", 100_000, 20, 1, (seed) => {
  const transactions = listAppendHistory(seed, seed === 0 ? 1_000 : 100_000, 20);
  return () =>
    analyseTransactions(transactions, "list-append").anomalies.length === 0 ? "in order" : "anomalies";
});
