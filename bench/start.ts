/**
 * What it costs to start: processor time of whole calls of the built command, beside that of Node alone. The calls take
 * turns, and the median of the rounds counts. The system's accounts of ended children are read, which Linux has.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { median } from "./median.js";

const ROUNDS = 3;
const COMMAND = fileURLToPath(new URL("../../dist/bin/seedstorm.js", import.meta.url));
const ACCOUNTS = "/proc/self/stat";
/** Linux counts in hundredths of a second, whatever the machine: a round calls each command so often that this is fine enough. */
const TICK_MS = 10;
const CALLS = 10;

const CALLS_OF: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["node -e 0", ["-e", "0"]],
  ["seedstorm --help", [COMMAND, "--help"]],
  ["seedstorm list", [COMMAND, "list"]],
  ["seedstorm run steady", [COMMAND, "run", "steady", "--seed", "1"]],
];

/** Milliseconds of processor time that children have taken that are over. */
function spent(): number {
  const fields = readFileSync(ACCOUNTS, "utf8").split(") ").at(-1)?.split(" ") ?? [];
  return (Number(fields[13]) + Number(fields[14])) * TICK_MS;
}

function costOf(args: readonly string[]): number {
  const before = spent();
  for (let call = 0; call < CALLS; call++) {
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    if (status !== 0) throw new Error(`node ${args.join(" ")} ended with ${status}: ${stderr}`);
  }
  return (spent() - before) / CALLS;
}

/** One line for each call: milliseconds of processor time, and how many times as much as Node alone. */
export function starts(print: (name: string, figure: string) => void): void {
  if (!existsSync(ACCOUNTS)) {
    print("start", "not measured: only Linux says what ended children took");
    return;
  }
  for (const [, args] of CALLS_OF) costOf(args);
  const rounds = Array.from({ length: ROUNDS }, () => CALLS_OF.map(([, args]) => costOf(args)));
  const medians = CALLS_OF.map((_, call) => median(rounds.map((costs) => costs[call] ?? 0)));
  CALLS_OF.forEach(([name], call) => {
    const cost = medians[call] ?? 0;
    print(
      `start: ${name}`,
      `${cost.toFixed(0)} ms of processor, ${(cost / (medians[0] ?? 1)).toFixed(2)} x node`,
    );
  });
}
