/** What is in a `seedstorm.config.ts`: loaded, and checked with a schema. It is loaded where there is such a file, for the schema's sake. */
import * as Schema from "@effect/schema/Schema";
import { decoder, expecting } from "../src/explore/index.js";
import { InputError, shown } from "../src/input/index.js";
import { MAX_RUNS, MOST_JOBS } from "./numbers.js";
import { troubleLoading } from "./trial-load.js";
import { urlOf } from "./user-module.js";

const whole = (most: number, of: string) =>
  expecting(
    Schema.Number,
    `a number of ${of} from 1 to ${most}`,
    (n) => Number.isSafeInteger(n) && n >= 1 && n <= most,
  );
const path = expecting(Schema.String, "a path", (text) => text !== "");
const PATHS = "a path or a list of paths";
const paths = expecting(Schema.Array(path), PATHS, ({ length }) => length > 0);

const decodeConfig = decoder(
  Schema.Struct({
    scenarios: Schema.optionalKey(paths), // one path is made a list before
    runs: Schema.optionalKey(whole(MAX_RUNS, "runs")),
    jobs: Schema.optionalKey(whole(MOST_JOBS, "threads")),
    reports: Schema.optionalKey(path),
    corpus: Schema.optionalKey(path),
  }),
);

/** @param name the file as complaints name it. @throws InputError when it can't be used. */
export async function readConfig(file: string, name: string) {
  return configIn(await loaded(file, name), name);
}

/** What the file exports, whatever that is. */
async function loaded(file: string, name: string): Promise<unknown> {
  const cant = (why: string): InputError => new InputError(`${name}: it can't be loaded: ${why}`);
  const url = await urlOf([file], "default", cant);
  const trouble = await troubleLoading(url);
  if (trouble !== undefined) throw cant(trouble);
  return ((await import(url)) as { readonly default?: unknown }).default;
}

function configIn(exported: unknown, name: string) {
  if (typeof exported !== "object" || exported === null) {
    const sample = `export default defineConfig({ scenarios: "./storms/scenarios.ts" })`;
    throw new InputError(`${name}: expected a default export, as in ${sample}; got ${shown(exported)}`);
  }
  const { scenarios } = exported as { readonly scenarios?: unknown }; // whatever it is, it is decoded
  const isOne = typeof scenarios === "string" && scenarios !== "";
  const decoded = decodeConfig(isOne ? { ...exported, scenarios: [scenarios] } : exported);
  if (!decoded.ok) throw new InputError(`${name}: ${decoded.path}: ${decoded.message}`);
  return decoded.value;
}
