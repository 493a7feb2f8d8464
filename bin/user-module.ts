/**
 * Modules that users write, as something that the command and its worker threads can import: one in JavaScript as it is, all
 * else as a bundle.
 */
import { basename } from "node:path";
import { pathToFileURL } from "node:url";
import { firstLine } from "./exit-codes.js";

const TYPESCRIPT = /\.[mc]?tsx?$/;

/**
 * @param exported what is asked of each. Scenarios of several modules are one list; which came from which, the bundle's default export says.
 * @param cant makes the complaint.
 */
export async function urlOf(
  paths: readonly string[],
  exported: "default" | "scenarios",
  cant: (why: string) => Error,
): Promise<string> {
  const [first = ""] = paths;
  if (paths.length === 1 && !TYPESCRIPT.test(first)) return pathToFileURL(first).href;
  const { bundledModule } = await import("../src/node/index.js");
  const name = basename(first).replace(/\.\w+$/, "");
  const code =
    exported === "default"
      ? `import * as whole from ${JSON.stringify(first)};\nexport default whole.default;`
      : scenariosOf(paths);
  return bundledModule({ name, code }).catch((error: unknown) => {
    throw cant(firstLine(error).replace(/^ProgramError: /, ""));
  });
}

function scenariosOf(paths: readonly string[]): string {
  const names = paths.map((_, i) => `module${i}`);
  return [
    ...paths.map((path, i) => `import * as ${names[i]} from ${JSON.stringify(path)};`),
    `export default [${names.map((name) => `${name}.scenarios`).join(", ")}];`,
    `export const scenarios = [${names.map((name) => `${name}.scenarios ?? []`).join(", ")}].flat();`,
    "",
  ].join("\n");
}
