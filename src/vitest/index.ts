/**
 * `seedstorm/vitest`: storm tests in Vitest. `stormTest` stands where `test` stands: `only`, `skip`, `each`, filters,
 * shards, watch mode, `--bail` and time-outs are Vitest's own. `expectHolds` stands within a test. `docs/your-code.md` is the guide.
 */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as vitest from "vitest";
import { expect, type TestContext, test } from "vitest";
import { scenarioModule } from "../node/program/module.js";
import {
  type CheckPlace,
  type CheckProgress,
  check,
  checkScenario,
  type RunsOptions,
} from "../node/storm/check.js";
import type { Scenario } from "../storm/scenario.js";
import { threadsFor } from "./in-threads.js";
import { type StormTestDefinition, type StormTestMode, stormTests } from "./storm-tests.js";

export * from "./parts.js";
export type { StormTestBody, StormTestOptions } from "./storm-tests.js";

const DEFAULT_TIMEOUT_MS = 300_000;
/** Real milliseconds between two lines of progress. */
const PROGRESS_MS = 10_000;

const BY_MODE = { run: test, only: test.only, skip: test.skip } as const satisfies Record<
  StormTestMode,
  unknown
>;

/** One test: as many universes as `runs` says, each with another storm. */
export const stormTest = stormTests(define);

function define<T>({ name, mode, cases, options, body }: StormTestDefinition<T>): void {
  for (const [index, one] of cases.entries()) {
    const { timeout = DEFAULT_TIMEOUT_MS, ...checked } = options(one);
    const run = async (context: TestContext): Promise<void> => {
      const title = context.task.name;
      const testPath = context.task.file.filepath;
      const place = placeOf({ testPath, name: title, signal: context.signal }, () =>
        threadsFor({ testPath, name, index, title }),
      );
      await check(title, checked, (universe) => body(one, { ...universe, expect }), place);
    };
    // Vitest puts the values of the case into the name.
    BY_MODE[mode].for([one])(name, { timeout }, (_, context) => run(context));
  }
}

export interface HoldsOptions extends RunsOptions {
  /**
   * The module that exports the scenario in a list by the name `scenarios`, for worker threads; TypeScript or JavaScript. Default:
   * none, and all runs are done in this thread.
   */
  readonly module?: string | URL;
}

/**
 * Within a test: no run of the scenario violates a property that it does not declare. For systems that are written against `Host`, and
 * for those of programs.
 */
export async function expectHolds(
  scenario: Scenario,
  { module, ...options }: HoldsOptions = {},
): Promise<void> {
  const { testPath = "", currentTestName = scenario.title } = expect.getState();
  // Vitest 4.0 has no such export: its tests are not stopped by a time-out.
  const { TestRunner } = vitest as Partial<typeof vitest>;
  const context = TestRunner?.getCurrentTest()?.context;
  const from = (given: string): string => (isAbsolute(given) ? given : resolve(dirname(testPath), given));
  const threads =
    module === undefined
      ? undefined
      : () => scenarioModule([module instanceof URL ? fileURLToPath(module) : from(module)]);
  const name = currentTestName.split(" > ").at(-1) ?? currentTestName;
  await checkScenario(scenario, options, placeOf({ testPath, name, signal: context?.signal }, threads));
}

interface Where {
  readonly testPath: string;
  /** Of the test, as Vitest shows it. */
  readonly name: string;
  readonly signal: AbortSignal | undefined;
}

function placeOf({ testPath, name, signal }: Where, module: CheckPlace["module"]): CheckPlace {
  let last = performance.now();
  return {
    base: dirname(testPath),
    command: `npx vitest run ${quoted(relative(process.cwd(), testPath))} -t ${quoted(patternOf(name))}`,
    module,
    onProgress: ({ done, runs, fired }: CheckProgress) => {
      if (performance.now() - last < PROGRESS_MS) return;
      last = performance.now();
      console.info(`${name}: ${done} of ${runs} universes, ${fired} faults`);
    },
    onNotice: (notice) => console.warn(`${name}: ${notice}`),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** Vitest takes a name for a regular expression. */
const patternOf = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** As a shell takes it back. */
const quoted = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
