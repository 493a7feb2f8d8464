/**
 * The checker against brute force: `node build/bench/fuzz-histories.js [ROUNDS] [FROM]`. Random small histories of every kind, through
 * the readers of both formats; ends with 1 at the first difference.
 */
import { differenceIn } from "./differences.js";
import { RANDOM_KINDS } from "./random-histories.js";

const rounds = Number(process.argv[2] ?? 20_000);
const from = Number(process.argv[3] ?? 0);

for (const [index, kind] of RANDOM_KINDS.entries()) {
  const start = process.hrtime.bigint();
  let without = 0;
  for (let round = from; round < from + rounds; round++) {
    const compared = differenceIn(kind, `fuzz/${index}/${round}`);
    if (compared.difference !== undefined) {
      process.stdout.write(`${kind.model}, round ${round}: ${compared.difference}\n`);
      process.exit(1);
    }
    if (!compared.hasOrder) without++;
  }
  const seconds = Number(process.hrtime.bigint() - start) / 1e9;
  process.stdout.write(
    `${kind.model.padEnd(16)} ${rounds} histories, ${without} without an order, no difference, ${seconds.toFixed(1)} s\n`,
  );
}
