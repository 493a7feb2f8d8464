/**
 * `seedstorm/input`: what people give a program, and how it says that it can't be used. It loads next to nothing, so that a
 * command can refuse its input, or explain itself, before it loads anything else.
 */
export { SEEDS_OF_A_BLOCK } from "../explore/campaign/settings.js";
export { parseShard } from "../explore/campaign/shards.js";
export { InputError, listed, printable, shown } from "../explore/formats/input-error.js";
export { suggestion } from "../explore/formats/nearest.js";
export { inFile, readText } from "../explore/formats/read-file.js";
export { sourceName } from "../explore/formats/text-chunks.js";
export { seedstormVersion, versions } from "../explore/formats/versions.js";
export { writeWhole } from "../explore/formats/write-file.js";
export { scenarioNamed } from "../explore/scenario-named.js";
export { defectId } from "../storm/defect.js";
export { STRATEGIES } from "../storm/scenario.js";
export { defineConfig, type SeedstormConfig } from "./config.js";
