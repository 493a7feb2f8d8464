/**
 * The sources, compiled once for all tests that need worker threads or other processes: neither can load TypeScript.
 * The output is kept by the state of the sources, so that a run of the tests after a change has its own.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { unbundledManifest } from "../../scripts/entry-points.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cache = join(root, "node_modules/.cache/seedstorm");
const SOURCES = ["src", "bin", "test/support"];
/** Older outputs are removed. */
const KEEP_MS = 3_600_000;

/** Absolute path of the folder with the modules that `rolldown.config.ts` names, each where it stands in the sources. */
export function compiled(): string {
  output ??= compile();
  return output;
}

let output: string | undefined;

function compile(): string {
  const out = join(cache, fingerprint());
  if (existsSync(out)) return out;
  const making = `${out}.${process.pid}.${Date.now()}`;
  mkdirSync(making, { recursive: true });
  writeFileSync(join(making, "package.json"), unbundledManifest());
  cpSync(join(root, "dist/effect"), join(making, "dist/effect"), { recursive: true });
  const rolldown = join(root, "node_modules/rolldown/bin/cli.mjs");
  const config = join(root, "test/support/rolldown.config.ts");
  execFileSync(process.execPath, [rolldown, "--config", config, "--dir", making, "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
  });
  try {
    renameSync(making, out);
  } catch {
    rmSync(making, { recursive: true, force: true }); // another test was quicker
  }
  removeOld();
  return out;
}

/** URLs of what pools of the tests run. */
export function toyPool(): { readonly worker: string; readonly registry: string } {
  const url = (file: string): string => pathToFileURL(join(compiled(), file)).href;
  return { worker: url("src/explore/runs/worker.js"), registry: url("test/support/toy.js") };
}

function fingerprint(): string {
  const hash = createHash("sha256");
  for (const folder of SOURCES) {
    for (const file of readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).sort()) {
      if (!file.endsWith(".ts")) continue;
      const { mtimeMs, size } = statSync(join(root, folder, file));
      hash.update(`${folder}/${file} ${mtimeMs} ${size}\n`);
    }
  }
  return hash.digest("hex").slice(0, 16);
}

function removeOld(): void {
  for (const name of readdirSync(cache)) {
    const path = join(cache, name);
    try {
      if (Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { recursive: true, force: true });
    } catch {
      // removed by another test meanwhile
    }
  }
}
