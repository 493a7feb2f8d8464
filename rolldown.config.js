/** Bundles the code and the style that run inside of HTML reports into `dist/client`, so that each report carries all it needs. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { defineConfig } from "rolldown";

const client = new URL("./src/report/html/client/", import.meta.url);
const uplot = createRequire(import.meta.url).resolve("uplot/dist/uPlot.min.css");

export default defineConfig({
  input: new URL("main.ts", client).pathname,
  tsconfig: new URL("tsconfig.json", client).pathname,
  platform: "browser",
  plugins: [
    {
      name: "style",
      generateBundle() {
        const sheets = [uplot, new URL("style.css", client)].map((sheet) => readFileSync(sheet, "utf8"));
        this.emitFile({ type: "asset", fileName: "report.css", source: sheets.join("\n") });
      },
    },
  ],
  output: { dir: "dist/client", entryFileNames: "report.js", format: "iife", minify: true },
});
