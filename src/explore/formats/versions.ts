/** Which Seedstorm and which Node made a result: results of different versions are never mixed. */
import { readFileSync } from "node:fs";

export interface Versions {
  readonly seedstorm: string;
  readonly node: string;
}

export function versions(): Versions {
  return { seedstorm: seedstormVersion(), node: process.versions.node };
}

/** From the package's own file, which lies above this one, compiled or not. */
export function seedstormVersion(): string {
  for (const up of ["..", "../..", "../../..", "../../../.."]) {
    try {
      const data: unknown = JSON.parse(readFileSync(new URL(`${up}/package.json`, import.meta.url), "utf8"));
      if (typeof data !== "object" || data === null || !("name" in data) || !("version" in data)) continue;
      if (data.name === "seedstorm") return String(data.version);
    } catch {
      // not here: one folder further up
    }
  }
  return "unknown";
}
