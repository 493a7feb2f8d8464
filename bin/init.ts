/**
 * `seedstorm init`: a configuration, an example and a CI step for a project that is there already. It writes what is missing and
 * leaves alone what is there, so that it can be typed again; and it says what to type next.
 */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InputError } from "../src/input/index.js";
import { type ExitCode, HELD } from "./exit-codes.js";
import { CONFIG_NAMES } from "./project.js";
import type { Terminal } from "./terminal.js";

const STORMS = "storms";
const EXAMPLE = ["tickets.ts", "scenarios.ts"] as const;
/** For those who have Vitest. */
const TEST = "scenarios.test.ts";
const WORKFLOW = ".github/workflows/seedstorm.yml";

const CONFIG = `import { defineConfig } from "seedstorm";

export default defineConfig({
  scenarios: "./${STORMS}/scenarios.ts",
  reports: "./reports",
});
`;

/** How a project's package manager is called. */
interface Manager {
  /** What it keeps in the project: by that it is known. */
  readonly lock: string;
  readonly add: string;
  readonly run: string;
  /** Steps of a workflow that install what the project needs. */
  readonly steps: string;
}

const NODE = (cache: string): string => `      - uses: actions/setup-node@v4
        with:
          node-version: 24
          cache: ${cache}`;

const NPM: Manager = {
  lock: "package-lock.json",
  add: "npm install --save-dev",
  run: "npx",
  steps: `${NODE("npm")}\n      - run: npm ci`,
};

const MANAGERS: readonly Manager[] = [
  {
    lock: "pnpm-lock.yaml",
    add: "pnpm add --save-dev",
    run: "pnpm exec",
    steps: `      - uses: pnpm/action-setup@v4\n${NODE("pnpm")}\n      - run: pnpm install --frozen-lockfile`,
  },
  {
    lock: "yarn.lock",
    add: "yarn add --dev",
    run: "yarn run",
    steps: `      - run: corepack enable\n${NODE("yarn")}\n      - run: yarn install`,
  },
];

const workflow = ({ run, steps }: Manager): string => `name: storms
on: [push, pull_request]
permissions:
  contents: read
jobs:
  storms:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    steps:
      - uses: actions/checkout@v4
${steps}
      - run: ${run} seedstorm check --reporter github
      - if: failure()
        uses: actions/upload-artifact@v4
        with:
          name: storms
          path: reports
`;

/** @param folder absolute path of the project. */
export function init(folder: string, terminal: Terminal): ExitCode {
  if (!existsSync(join(folder, "package.json"))) {
    throw new InputError(
      "init: there is no package.json here; type it in a project's folder, or type npm init first",
    );
  }
  const manager = MANAGERS.find(({ lock }) => existsSync(join(folder, lock))) ?? NPM;
  const there = CONFIG_NAMES.find((name) => existsSync(join(folder, name)));
  const files = new Map([
    [there ?? "seedstorm.config.ts", CONFIG],
    ...[...EXAMPLE, ...(isInstalled("vitest", folder) ? [TEST] : [])].map(
      (name) => [`${STORMS}/${name}`, example(name)] as const,
    ),
    [WORKFLOW, workflow(manager)],
  ]);
  for (const [name, text] of files) {
    const path = join(folder, name);
    const isThere = existsSync(path);
    if (!isThere) terminal.write(path, text);
    terminal.out([isThere ? `left alone  ${name}` : `wrote       ${name}`]);
  }
  terminal.out(["", ...next(folder, manager, there)]);
  return HELD;
}

function next(folder: string, { add, run }: Manager, config: string | undefined): string[] {
  const missing = ["seedstorm", "rolldown"].filter((name) => !isInstalled(name, folder));
  return [
    "Next:",
    ...(missing.length === 0 ? [] : [`  ${add} ${missing.join(" ")}`]),
    ...(config === undefined || readFileSync(join(folder, config), "utf8") === CONFIG
      ? []
      : [`  name "./${STORMS}/scenarios.ts" among the scenarios of ${config}`]),
    `  ${run} seedstorm check`,
    `Then take "await journal.sync()" out of ${STORMS}/tickets.ts, and check again.`,
    ...(ignored(folder) ? [] : ['Results and pages go to reports/: add that to ".gitignore".']),
  ];
}

function isInstalled(name: string, folder: string): boolean {
  try {
    createRequire(join(folder, "package.json")).resolve(name);
    return true;
  } catch {
    return false;
  }
}

function ignored(folder: string): boolean {
  const path = join(folder, ".gitignore");
  return existsSync(path) && /^\/?reports\/?$/m.test(readFileSync(path, "utf8"));
}

/** A file of the example, which the package carries: it lies above this one, compiled or not. */
function example(name: string): string {
  for (const up of ["..", "../..", "../../../..", "../../../../.."]) {
    const path = fileURLToPath(new URL(`${up}/examples/tickets/${name}`, import.meta.url));
    if (existsSync(path)) return readFileSync(path, "utf8");
  }
  throw new Error(`the package has lost examples/tickets/${name}`);
}
