/**
 * Bundles the code and the style that run inside of HTML reports into `dist/client`, so that each report carries all it
 * needs, the licence of the plot library included.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { defineConfig } from "rolldown";

const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const uplot = (path: string): string => createRequire(import.meta.url).resolve(`uplot/${path}`);
const read = (path: string): string => readFileSync(path, "utf8");

export default defineConfig({
  input: local("src/report/html/client/main.ts"),
  tsconfig: local("src/report/html/client/tsconfig.json"),
  platform: "browser",
  plugins: [
    {
      name: "style",
      generateBundle() {
        const source = [uplot("dist/uPlot.min.css"), local("src/report/html/client/style.css")]
          .map(read)
          .join("\n");
        this.emitFile({ type: "asset", fileName: "report.css", source });
      },
    },
  ],
  output: {
    dir: local("dist/client"),
    entryFileNames: "report.js",
    format: "iife",
    minify: true,
    postBanner: `/*! uPlot, https://github.com/leeoniya/uPlot\n${read(uplot("LICENSE"))}*/`,
  },
});
