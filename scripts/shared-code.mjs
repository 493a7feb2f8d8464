/**
 * `node scripts/shared-code.mjs runner`: of the lines that a system of this house runs on, how many are its own, how many belong to
 * parts that other systems use too, and how many are the harness's. It follows imports from the system's scenarios; types count.
 */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const [system = "runner"] = process.argv.slice(2);
const src = join(import.meta.dirname, "..", "src");

/** The file that an import means; undefined for a package from outside. */
function fileOf(specifier, from) {
  if (specifier === "seedstorm") return join(src, "index.ts");
  if (specifier.startsWith("seedstorm/")) return join(src, specifier.slice("seedstorm/".length), "index.ts");
  if (!specifier.startsWith(".")) return undefined;
  const file = join(dirname(from), specifier).replace(/\.js$/, ".ts");
  return existsSync(file) ? file : undefined;
}

const lines = new Map();
const waiting = [join(src, "scenarios", system, "index.ts")];
for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
  if (lines.has(file)) continue;
  const text = readFileSync(file, "utf8");
  lines.set(file, text.split("\n").filter((line) => line.trim() !== "").length);
  for (const [, specifier] of text.matchAll(/from "([^"]+)"/g)) {
    const next = fileOf(specifier, file);
    if (next !== undefined) waiting.push(next);
  }
}

const sums = { own: 0, shared: 0, harness: 0 };
const parts = new Map();
for (const [file, count] of lines) {
  const [half = "", part = ""] = relative(src, file).split("/");
  const isSystem = half === "model" || half === "scenarios";
  const kind = !isSystem ? "harness" : part === system ? "own" : "shared";
  sums[kind] += count;
  if (kind === "shared") parts.set(part, (parts.get(part) ?? 0) + count);
}
const all = sums.own + sums.shared + sums.harness;
const percent = (count) => `${((100 * count) / all).toFixed(0)} %`;
console.log(`${system}: ${all} lines`);
console.log(`its own: ${sums.own} (${percent(sums.own)})`);
const named = [...parts].map(([part, count]) => `${part} ${count}`).join(", ");
console.log(`of parts that others use too: ${sums.shared} (${percent(sums.shared)}): ${named}`);
console.log(`of the harness: ${sums.harness} (${percent(sums.harness)})`);
