/** What the package lets users import, and which sources that is: `exports` in package.json says it, by one rule. */
import { readFileSync } from "node:fs";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const manifest = (): Manifest =>
  JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as Manifest; // our own file

/** Sources of the entry points, without their ending, by the name that each has in `dist`: `check` is `src/check/index`. */
export function entryPoints(): ReadonlyMap<string, string> {
  const paths = Object.keys(manifest().exports);
  return new Map(
    paths.map((path) =>
      path === "." ? ["index", "src/index"] : [path.slice(2), `src/${path.slice(2)}/index`],
    ),
  );
}

/**
 * The `package.json` of a folder that holds the compiled sources one by one: what imports the package by its name there
 * gets those, and not the bundle.
 *
 * @param folder where they lie, seen from the manifest, with a slash at its end.
 */
export function unbundledManifest(folder = "./"): string {
  const exports = Object.fromEntries(
    [...entryPoints()].map(([name, source]) => [
      name === "index" ? "." : `./${name}`,
      `${folder}${source}.js`,
    ]),
  );
  return `${JSON.stringify({ ...manifest(), exports }, null, 2)}\n`;
}
