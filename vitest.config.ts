import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Storms and campaigns that take long: `npm run test:soak` runs these, `npm test` all others. */
export const SOAK = "test/**/*.soak.test.ts";

/** Puts traps on what the process has, Vitest's own means of ending it among them: it has a process of its own. */
const ALONE = "test/sim/traps.test.ts";

/** What both tiers have in common. */
export const common = defineConfig({
  // Systems import the package by its name, as users do; tests run them on the sources.
  resolve: {
    alias: [
      { find: /^seedstorm$/, replacement: source("src/index.ts") },
      { find: /^seedstorm\/(\w+)$/, replacement: source("src/$1/index.ts") },
    ],
  },
  test: {
    setupFiles: ["test/support/setup.ts"],
    maxWorkers: "100%",
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});

export default defineConfig({
  ...common,
  test: {
    ...common.test,
    projects: [
      {
        extends: true,
        test: {
          name: "shared",
          include: ["test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, SOAK, ALONE],
          // A test leaves nothing behind in its process, so that files share one and load each module once.
          isolate: false,
        },
      },
      { extends: true, test: { name: "alone", include: [ALONE] } },
    ],
  },
});
