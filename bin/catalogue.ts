/**
 * What the build writes down of the package's own scenarios, so that `list` need not load what it names, and `run` loads one
 * system and not all.
 */
import { readFileSync } from "node:fs";
import type { Catalogue } from "../src/report/index.js";

/** Beside the folder that this code is bundled into. */
const FILE = new URL("../catalogue.json", import.meta.url);

/** Undefined where there is no build: then the scenarios themselves are asked. */
export function writtenCatalogue(): Catalogue | undefined {
  try {
    return JSON.parse(readFileSync(FILE, "utf8")) as Catalogue; // what the build wrote
  } catch {
    return undefined;
  }
}
