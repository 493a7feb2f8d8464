/** One process of a drill, started by it with a file of settings. */
import { readSettings, runHost } from "../src/live/index.js";
import { drillNamed } from "./drills.js";

export async function drillHost(file: string): Promise<void> {
  const settings = readSettings(file);
  const known = drillNamed(settings.drill);
  if (known === undefined) throw new RangeError(`there is no drill ${settings.drill}`);
  await runHost(settings, await known.processes());
}
