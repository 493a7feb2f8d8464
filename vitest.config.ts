import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // Systems import the package by its name, as users do; tests run them on the sources.
  resolve: {
    alias: [
      { find: /^seedstorm$/, replacement: source("src/index.ts") },
      { find: /^seedstorm\/(\w+)$/, replacement: source("src/$1/index.ts") },
    ],
  },
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000 },
});
