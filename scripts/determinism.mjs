/**
 * `node scripts/determinism.mjs --runs 500 [NODE…]`: whether a universe of ordinary programs is the same in every process. The shop of the
 * examples is run twice, in processes of their own, by each of the versions of Node whose executables are named (without any,
 * by this one), and everything is compared: the traces, and each event of the histories with all its values. It needs `npm run build`.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: {
    runs: { type: "string", default: "500" },
    from: { type: "string", default: "1" },
    digest: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const [from, runs] = [Number(values.from), Number(values.runs)];

if (values.digest) console.log(await digest());
else compare(positionals.length === 0 ? [process.execPath] : positionals);

/** Of all universes of this process. */
async function digest() {
  const { scenarioModule } = await import("../dist/node.js");
  const { runOn } = await import("../dist/index.js");
  const url = await scenarioModule([join(import.meta.dirname, "../examples/shop/scenarios.ts")]);
  const [shop] = (await import(url)).scenarios;
  const hash = createHash("sha256");
  let events = 0;
  for (let seed = from; seed < from + runs; seed++) {
    const { traceHash, history, violations } = await runOn(shop.system, shop.plan(seed));
    if (violations.length > 0) throw new Error(`seed ${seed}: ${violations[0].message}`);
    hash.update(`${traceHash}\n${JSON.stringify(history)}\n`);
    events += history.length;
  }
  return JSON.stringify({ node: process.version, events, digest: hash.digest("hex") });
}

function compare(nodes) {
  const digests = new Set();
  for (const node of nodes.flatMap((path) => [path, path])) {
    const args = [fileURLToPath(import.meta.url), "--digest", "--runs", String(runs), "--from", String(from)];
    const began = performance.now();
    const made = JSON.parse(execFileSync(node, args, { encoding: "utf8" }));
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(
      `${made.node.padEnd(10)} ${made.digest}  ${made.events} events of ${runs} runs in ${seconds} s`,
    );
    digests.add(made.digest);
  }
  console.log(digests.size === 1 ? "the same everywhere" : `${digests.size} different digests`);
  process.exitCode = digests.size === 1 ? 0 : 1;
}
