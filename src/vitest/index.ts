/**
 * `seedstorm/vitest`: storm tests in Vitest. `stormTest` stands where `test` stands: `only`, `skip`, `each`, filters,
 * shards, watch mode and time-outs are Vitest's own. `docs/your-code.md` is the guide.
 */
import { dirname, relative } from "node:path";
import { expect, test } from "vitest";
import { type CheckOptions, check } from "../node/storm/check.js";
import type { StormContext } from "../node/storm/client.js";

export { main, type NodeOptions, node } from "../node/hosts.js";
export { type PostgresOptions, postgres } from "../node/services/postgres/index.js";
export type { StormClient, StormContext } from "../node/storm/client.js";
export { always, eventually, never } from "../node/storm/properties.js";
export type { StormKind } from "../node/storm/scenario.js";

export interface StormTestOptions extends CheckOptions {
  /** Real milliseconds for all runs together. Default 300,000. */
  readonly timeout?: number;
}

export type StormTestBody = (context: StormContext & { readonly expect: typeof expect }) => unknown;

const DEFAULT_TIMEOUT_MS = 300_000;

type Define = (name: string, options: StormTestOptions, body: StormTestBody) => void;
type Run = (name: string, options: { readonly timeout: number }, act: () => Promise<void>) => void;

function definedBy(run: Run): Define {
  return (name, options, body) =>
    run(name, { timeout: options.timeout ?? DEFAULT_TIMEOUT_MS }, async () => {
      const { testPath = "" } = expect.getState();
      const place = {
        base: dirname(testPath),
        command: `npx vitest run ${relative(process.cwd(), testPath)} -t ${JSON.stringify(name)}`,
      };
      await check(name, options, (context) => body({ ...context, expect }), place);
    });
}

/** One test: as many universes as `runs` says, each with another storm. */
export const stormTest = Object.assign(definedBy(test), {
  only: definedBy(test.only),
  skip: definedBy(test.skip),
  /** As `test.each`: a test for each of the cases, its name and its options made from it. */
  each:
    <T>(cases: readonly T[]) =>
    (
      name: (one: T) => string,
      options: (one: T) => StormTestOptions,
      body: (one: T, context: Parameters<StormTestBody>[0]) => unknown,
    ): void => {
      for (const one of cases) definedBy(test)(name(one), options(one), (context) => body(one, context));
    },
});
