/**
 * A storm test in worker threads: the test's file is loaded there again, with something in Vitest's place that keeps what is
 * defined, and one definition is made a scenario.
 */
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { bundledModule, nameOf } from "../node/program/module.js";

export interface WantedTest {
  /** Absolute path of the test's file. */
  readonly testPath: string;
  /** As it was written. */
  readonly name: string;
  /** Which of its cases. */
  readonly index: number;
  /** As Vitest shows it. */
  readonly title: string;
}

const DEFINITIONS = new URL("./storm-definitions.js", import.meta.url);

/** URL of a module with the scenario of the test; undefined where Seedstorm runs from its sources. */
export async function threadsFor({ testPath, name, index, title }: WantedTest): Promise<string | undefined> {
  if (!existsSync(fileURLToPath(DEFINITIONS))) return undefined;
  const { href } = DEFINITIONS;
  const wanted = [name, index, title, dirname(testPath)].map((part) => JSON.stringify(part)).join(", ");
  return bundledModule({
    name: nameOf(testPath),
    code: [
      `import { scenarioOf } from "vitest";`,
      `import ${JSON.stringify(testPath)};`,
      `export const scenarios = [await scenarioOf(${wanted})];`,
    ].join("\n"),
    instead: { vitest: href, "seedstorm/vitest": href },
  });
}
