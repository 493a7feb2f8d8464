/** What a new cluster has executed: SQL as it is written in a test, or in a file. */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ProgramError } from "../../program/bundler.js";

export interface SchemaOptions {
  /** SQL that a new cluster has executed; or the path of a `.sql` file with it, or its URL. Default: none. */
  readonly schema?: string | URL;
}

/** @param base absolute path that a relative path begins in. @throws ProgramError when the file can't be read. */
export function schemaText(schema: string | URL, base: string): string {
  if (typeof schema === "string" && !schema.endsWith(".sql")) return schema;
  const file = schema instanceof URL ? fileURLToPath(schema) : resolve(base, schema);
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    throw new ProgramError(`schema: ${file} can't be read`, { cause });
  }
}
