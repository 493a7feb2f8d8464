/**
 * What stands in the place of `vitest` and of `seedstorm/vitest` when a test's file is loaded in a worker thread: storm tests are
 * kept, all other tests and hooks are passed over, `expect` is Vitest's own.
 */
import { expect } from "vitest";
import { stormScenario } from "../node/storm/scenario.js";
import type { Scenario } from "../storm/scenario.js";
import { type StormTestDefinition, stormTests } from "./storm-tests.js";

export * from "vitest";
export * from "./parts.js";

type Make = (title: string, base: string) => Promise<Scenario>;

const definitions = new Map<string, Make>();
const keyOf = (name: string, index: number): string => `${index} ${name}`;

function keep<T>({ name, cases, options, body }: StormTestDefinition<T>): void {
  for (const [index, one] of cases.entries()) {
    const key = keyOf(name, index);
    if (definitions.has(key)) continue;
    definitions.set(key, (title, base) =>
      stormScenario(title, options(one), (context) => body(one, { ...context, expect }), base),
    );
  }
}

export const stormTest = stormTests(keep);

/** @param title what its id is made from. */
export async function scenarioOf(
  name: string,
  index: number,
  title: string,
  base: string,
): Promise<Scenario> {
  const make = definitions.get(keyOf(name, index));
  if (make === undefined)
    throw new RangeError(`the file defines no storm test "${name}" when it is loaded again`);
  return make(title, base);
}

export async function expectHolds(): Promise<never> {
  throw new RangeError("expectHolds is called outside of any test");
}

type Anything = ((...args: unknown[]) => Anything) & { readonly [name: string]: Anything };

/** Whatever is called or read of it: nothing happens. @param called is given the arguments of a call. */
function ignoring(called: (args: readonly unknown[]) => void = () => {}): Anything {
  const itself: Anything = new Proxy(() => itself, {
    get: () => itself,
    apply(_target, _self, args: unknown[]) {
      called(args);
      return itself;
    },
  }) as unknown as Anything; // whatever is done with it, it is there
  return itself;
}

/** Tests may be defined in a group. */
export const describe = ignoring((args) => {
  const group = args.at(-1);
  if (typeof group === "function") group();
});
export const suite = describe;
export const test = ignoring();
export const it = test;
export const bench = test;
export const beforeAll = test;
export const beforeEach = test;
export const afterAll = test;
export const afterEach = test;
export const onTestFailed = test;
export const onTestFinished = test;
