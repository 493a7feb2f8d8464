import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

/** On what `npm run build` made. Two processes of this version of Node; `scripts/determinism.mjs` compares versions. */
it("universes of programs are the same in two processes, with all values of their histories", async () => {
  const script = fileURLToPath(new URL("../../scripts/determinism.mjs", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, "--runs", "8"]);
  const [first = "", second = "", verdict] = stdout.split("\n");
  expect(first).toMatch(/^v\S+ +[0-9a-f]{64} {2}[1-9]\d* events of 8 runs /);
  expect(second.replace(/in \d+ s$/, "")).toBe(first.replace(/in \d+ s$/, ""));
  expect(verdict).toBe("the same everywhere");
});
