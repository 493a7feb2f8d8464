/**
 * What checking linearizability costs, on the sizes that the field compares: `node dist/bench/linearizability.js`. Made-up
 * histories, the same ones every time; the median of several rounds, and the worst of several histories.
 */
import {
  type CheckedHistory,
  checkAgainst,
  type ModelName,
  type Operation,
  readyModel,
} from "../src/check/index.js";
import { kvHistory, queueHistory, registerHistory, staleHistory } from "./histories.js";

const ROUNDS = 5;
const HISTORIES = 10;
const telling = { moment: (position: number) => `in line ${position}`, client: (client: string) => client };

function timed(
  model: ModelName,
  operations: readonly Operation[],
): { readonly ms: number; readonly checked: CheckedHistory } {
  const check = (): CheckedHistory => checkAgainst(readyModel(model), operations, telling);
  let checked = check();
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    checked = check();
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  times.sort((a, b) => a - b);
  return { ms: times[ROUNDS >> 1] ?? 0, checked };
}

function print(
  name: string,
  model: ModelName,
  history: (seed: number) => readonly Operation[] | undefined,
): void {
  const times: number[] = [];
  const verdicts = new Map<string, number>();
  let steps = 0;
  for (let seed = 1; seed <= HISTORIES; seed++) {
    const operations = history(seed);
    if (operations === undefined) continue;
    const { ms, checked } = timed(model, operations);
    const { verdict } = checked.result;
    times.push(ms);
    steps = Math.max(steps, checked.result.steps);
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1);
  }
  times.sort((a, b) => a - b);
  const told = [...verdicts].map(([verdict, count]) => `${count} ${verdict}`).join(", ");
  const [median, worst] = [times[times.length >> 1] ?? 0, times.at(-1) ?? 0];
  process.stdout.write(
    `${name.padEnd(52)} median ${median.toFixed(1).padStart(7)} ms, worst ${worst.toFixed(1).padStart(7)} ms, at most ${steps} steps: ${told}\n`,
  );
}

/** Undefined where no read can be made stale. */
function stale(operations: readonly Operation[]): readonly Operation[] | undefined {
  try {
    return staleHistory(operations, 0.6, (f) => f === "get" || f === "read");
  } catch {
    return undefined;
  }
}

print("register, 170 operations, 5 clients", "cas-register", (seed) => registerHistory(seed));
print("register, 170 operations, every tenth unanswered", "cas-register", (seed) =>
  registerHistory(seed, 170, 5, 10),
);
print("key-value, 1,700 operations, 50 clients", "kv", (seed) => kvHistory(seed));
print("key-value, 1,700 operations, one answer stale", "kv", (seed) => stale(kvHistory(seed)));
print("key-value, 17,000 operations, 50 clients", "kv", (seed) => kvHistory(seed, 17_000));
print("queue, 20,000 operations, 20 clients, by accounting", "queue", (seed) => queueHistory(seed, 20_000));
process.stdout.write(`memory at the end: ${Math.round(process.memoryUsage().rss / 1e6)} MB\n`);
