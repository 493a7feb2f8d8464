/**
 * Which code runs a block: the versions of Seedstorm and of Node, and what is in the module of scenarios and in all that it
 * imports by relative paths, and in the code of our worker threads. Workers whose code is another one take no block of a
 * campaign. What a module imports by the name of a package is known by Seedstorm's version alone.
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Versions, versions } from "../explore/formats/versions.js";

export interface CodeIdentity {
  readonly versions: Versions;
  /** Twelve hexadecimal digits. */
  readonly code: string;
}

const DIGITS = 12;
/** Imports and exports from relative paths, at the beginning of a statement or as a call. */
const IMPORTED = /(?:from|import|import\()\s*["'](\.{1,2}\/[^"'\n]+)["']/g;

/** @param modules URLs of modules that are loaded when blocks are run. */
export function identityOf(modules: readonly string[]): CodeIdentity {
  const known = versions();
  const hash = createHash("sha256").update(JSON.stringify(known));
  for (const text of textsOf(modules)) hash.update(createHash("sha256").update(text).digest());
  return { versions: known, code: hash.digest("hex").slice(0, DIGITS) };
}

/** In the order in which they are first imported: paths do not count, for they differ from machine to machine. */
function textsOf(modules: readonly string[]): string[] {
  const seen = new Set<string>();
  const texts: string[] = [];
  const visit = (url: URL): void => {
    if (seen.has(url.pathname)) return;
    seen.add(url.pathname);
    const text = textAt(url);
    if (text === undefined) return;
    texts.push(text);
    for (const [, path = ""] of text.matchAll(IMPORTED)) visit(new URL(path, url));
  };
  for (const module of modules) visit(new URL(module));
  return texts;
}

/** Undefined for what is no file: text in a module that only looks like an import. */
function textAt(url: URL): string | undefined {
  if (url.protocol === "data:") return url.href;
  try {
    return readFileSync(new URL(url.pathname, url), "utf8");
  } catch {
    return undefined;
  }
}

/** `seedstorm 0.1.0 on Node 24.1.0, code 0123456789ab`. */
export function identityText({ versions: { seedstorm, node }, code }: CodeIdentity): string {
  return `seedstorm ${seedstorm} on Node ${node}, code ${code}`;
}
