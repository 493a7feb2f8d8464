/**
 * Modules that users write, as something that the command and its worker threads can import. What bundles is loaded for TypeScript
 * only.
 */
import { pathToFileURL } from "node:url";

/** @param cant makes the complaint. */
export async function urlOf(
  paths: readonly string[],
  exported: "default" | "scenarios",
  cant: (why: string) => Error,
): Promise<string> {
  const [first = ""] = paths;
  if (paths.length === 1 && /\.[mc]?js$/.test(first)) return pathToFileURL(first).href;
  const { defaultModule, scenarioModule } = await import("../src/node/index.js");
  const url = exported === "default" ? defaultModule(first) : scenarioModule(paths);
  return url.catch((error: Error) => {
    throw cant(error.message);
  });
}
