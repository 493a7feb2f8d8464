/**
 * Which npm packages work on simulated hosts: each is used for what it is for, in a universe, twice with the same seed. Writes
 * `docs/compatibility.md`. Needs `npm run build` and a package registry: `node scripts/compatibility.mjs`.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runOn } from "seedstorm";
import { node, postgres, programSystem, redis, topologyOf } from "seedstorm/node";
import { USES } from "./compatibility-uses.mjs";

const SECOND = 1_000_000;
const folder = mkdtempSync(join(tmpdir(), "compatibility-"));

const SERVERS = { postgres: { db: postgres() }, redis: { redis: redis() } };

async function universe(entry, server) {
  const hosts = { ...SERVERS[server], a: node(entry) };
  const system = await programSystem({
    id: "compatibility",
    title: "compatibility",
    hosts,
    properties: [],
    base: folder,
  });
  const outcome = await runOn(system, {
    format: 2,
    scenario: "compatibility",
    seed: 1,
    topology: topologyOf(Object.keys(hosts)),
    knobs: {},
    workload: [],
    faults: [],
    defects: [],
    healAt: 60 * SECOND,
    duration: 60 * SECOND,
  });
  const printed = outcome.history.some(
    (event) => event.kind === "program" && event.phase === "output" && event.text === "ok",
  );
  const [violation] = outcome.violations;
  return {
    works: printed && violation === undefined,
    why: violation?.message ?? "it did not come to its end",
    history: JSON.stringify(outcome.history),
  };
}

async function tried({ name, with: others = [], program, server }) {
  const file = [name, ...others].join("-with-").replaceAll("/", "-");
  const entry = join(folder, "programs", `${file}.mjs`);
  writeFileSync(entry, program);
  try {
    const first = await universe(entry, server);
    if (!first.works) return `refused: ${first.why}`;
    const again = await universe(entry, server);
    return again.history === first.history ? "works" : "works, but not the same twice";
  } catch (error) {
    return `refused: ${error.message.split("\n")[0]}`;
  }
}

const versionOf = (name) =>
  JSON.parse(readFileSync(join(folder, "node_modules", name, "package.json"), "utf8")).version;

try {
  mkdirSync(join(folder, "programs"));
  writeFileSync(
    join(folder, "package.json"),
    '{ "name": "compatibility", "private": true, "type": "module" }\n',
  );
  const names = [...new Set(USES.flatMap((use) => [use.name, ...(use.with ?? [])]))];
  execFileSync("npm", ["install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", ...names], {
    cwd: folder,
    stdio: "inherit",
  });
  const rows = [];
  for (const use of USES) {
    const outcome = (await tried(use)).replaceAll(folder, "").replaceAll("|", "\\|");
    console.log(`${use.name} ${versionOf(use.name)}: ${outcome}`);
    rows.push(
      `| ${use.name} | ${versionOf(use.name)} | ${[use.use, ...(use.with ?? []).map((other) => `with ${other}`)].join(", ")} | ${outcome} |`,
    );
  }
  const working = rows.filter((row) => row.endsWith("| works |")).length;
  writeFileSync(
    new URL("../docs/compatibility.md", import.meta.url),
    `# Packages on simulated hosts

Written by \`node scripts/compatibility.mjs\`. Each package, unmodified and in the version that was current when the page was written, is
put to its usual use in a universe, twice with the same seed; *works* means that both runs gave the right result and had the same history.
${working} of ${rows.length} do, under Node ${process.versions.node.split(".")[0]}. \`scripts/compatibility-uses.mjs\` has the code for each.

| package | version | what it is asked | |
|---|---|---|---|
${rows.join("\n")}
`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
