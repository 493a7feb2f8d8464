/** What the package lets users import, and which sources that is: `exports` in package.json says it, by one rule. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";

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
 * Other packages are imported by their names, and stay what users install. Our systems import this one by its name: here
 * that is these same modules. Schemas come from the bundle beside, which package.json gives its name.
 */
export const NAMES: Plugin = {
  name: "names",
  resolveId(name) {
    if (/^[./]/.test(name)) return null;
    const [, schema] = /^@effect\/schema\/(\w+)$/.exec(name) ?? [];
    if (schema !== undefined) return { id: `#effect/${schema}`, external: true };
    const own = name === "seedstorm" ? "index" : name.replace(/^seedstorm\//, "");
    const source = own === name ? undefined : entryPoints().get(own);
    return source === undefined
      ? { id: name, external: true }
      : fileURLToPath(new URL(`../${source}.ts`, import.meta.url));
  },
};

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
