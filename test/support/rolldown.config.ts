/** What `compiled` builds: the modules that tests load by their places, where they stand in the sources. */
import { defineConfig } from "rolldown";
import { NAMES } from "../../scripts/entry-points.js";

const MODULES = [
  "bin/seedstorm",
  "src/explore/formats/repro-file",
  "src/explore/runs/worker",
  "src/index",
  "src/model/pipeline/order-files/orders-file",
  "src/node/index",
  "src/scenarios/index",
  "src/sim/time",
  "src/storm/run",
  "src/vitest/index",
  "src/vitest/storm-definitions",
  "test/support/flawed-checkers",
  "test/support/toy",
];

export default defineConfig({
  input: {
    ...Object.fromEntries(MODULES.map((name) => [name, `./${name}.ts`])),
    // Where the command looks for it: beside its own code.
    "src/explore/runs/apart-thread": "./bin/apart-thread.ts",
  },
  platform: "node",
  plugins: [NAMES],
  treeshake: false,
  output: {
    minify: false,
    // Pools look for their worker beside their own code.
    chunkFileNames: "src/explore/runs/[name]-[hash].js",
    // Threads load the scenarios from whichever chunk they are in, by their name.
    minifyInternalExports: false,
  },
});
