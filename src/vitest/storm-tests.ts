/**
 * How storm tests are written: the forms of `stormTest`, whoever takes what they define. In a test file that is Vitest; in a
 * worker thread, where the same file is loaded again, it is a list that one of them is looked up in.
 */
import type { expect } from "vitest";
import type { CheckOptions } from "../node/storm/check.js";
import type { StormContext } from "../node/storm/client.js";

export interface StormTestOptions extends CheckOptions {
  /** Real milliseconds for all runs together. Default 300,000. */
  readonly timeout?: number;
}

export type StormTestBody = (context: StormContext & { readonly expect: typeof expect }) => unknown;

export type StormTestMode = "run" | "only" | "skip";

export interface StormTestDefinition<T = unknown> {
  /** As it was written; Vitest puts the values of a case into it. */
  readonly name: string;
  readonly mode: StormTestMode;
  /** Of `each`; one of undefined otherwise. */
  readonly cases: readonly T[];
  readonly options: (one: T) => StormTestOptions;
  readonly body: (one: T, context: Parameters<StormTestBody>[0]) => unknown;
}

type Given<T, V> = V | ((one: T) => V);

interface StormTest {
  (name: string, options: StormTestOptions, body: StormTestBody): void;
  /** As `test.each`: a test for each of the cases, its name and its options made from it. */
  each<T>(
    cases: readonly T[],
  ): (
    name: Given<T, string>,
    options: Given<T, StormTestOptions>,
    body: (one: T, context: Parameters<StormTestBody>[0]) => unknown,
  ) => void;
}

export interface StormTests extends StormTest {
  readonly only: StormTest;
  readonly skip: StormTest;
}

/** `stormTest` for one that takes its definitions. */
export function stormTests(define: <T>(definition: StormTestDefinition<T>) => void): StormTests {
  const inMode = (mode: StormTestMode): StormTest => {
    const one = (name: string, options: StormTestOptions, body: StormTestBody): void =>
      define({ name, mode, cases: [undefined], options: () => options, body: (_, context) => body(context) });
    const each: StormTest["each"] = (cases) => (name, options, body) => {
      const optionsOf = typeof options === "function" ? options : () => options;
      if (typeof name === "string") define({ name, mode, cases, options: optionsOf, body });
      else
        for (const each of cases) define({ name: name(each), mode, cases: [each], options: optionsOf, body });
    };
    return Object.assign(one, { each });
  };
  return Object.assign(inMode("run"), { only: inMode("only"), skip: inMode("skip") });
}
