/** What the package lets users import, and which sources that is: `exports` in package.json says it, by one rule. */
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "rolldown";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

const MANIFEST = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as Manifest; // our own file

/** Sources of the entry points, without their ending, by the name that each has in `dist`: `check` is `src/check/index`. */
export const ENTRY_POINTS: ReadonlyMap<string, string> = new Map(
  Object.keys(MANIFEST.exports).map((path) =>
    path === "." ? ["index", "src/index"] : [path.slice(2), `src/${path.slice(2)}/index`],
  ),
);

/** The source of the entry point of this name; undefined for the names of other packages. */
function ownSource(name: string): string | undefined {
  const own = name === "seedstorm" ? "index" : name.replace(/^seedstorm\//, "");
  const source = own === name ? undefined : ENTRY_POINTS.get(own);
  return source === undefined ? undefined : fileURLToPath(new URL(`../${source}.ts`, import.meta.url));
}

/** Packages that the bundle carries: their many files take long to find and to load. */
const BUNDLED = new Set([
  "chalk",
  "commander",
  "seedrandom",
  "smol-toml",
  "string-width",
  "wrap-ansi",
  "yaml",
]);

/**
 * Other packages are imported by their names, and stay what users install. Our systems import this one by its name: here
 * that is these same modules. Schemas come from the bundle beside, which package.json gives its name.
 */
export const NAMES: Plugin = {
  name: "names",
  resolveId(name, importer) {
    if (/^[./]/.test(name) || importer?.includes("/node_modules/")) return null;
    const [, schema] = /^@effect\/schema\/(\w+)$/.exec(name) ?? [];
    if (schema !== undefined) return { id: `#effect/${schema}`, external: true };
    if (BUNDLED.has(name)) return null;
    return ownSource(name) ?? { id: name, external: true };
  },
};

const IMPORT = /^import \{([^}]*)\} from "([^"]+)";/gm;
const EXPORT = /^export \{([^}]*)\} from "([^"]+)";/gm;

/** Where what an entry point exports is defined. */
interface Place {
  readonly module: string;
  readonly name: string;
}

/** The source of the entry point that a module imports, by the package's name or by its path; undefined when it is none. */
function entryNamed(specifier: string, importer: string): string | undefined {
  const source = ownSource(specifier);
  if (source !== undefined) return source;
  if (!specifier.startsWith(".")) return undefined;
  const path = resolve(dirname(importer), specifier.replace(/\.js$/, ".ts"));
  return [...ENTRY_POINTS.values()].some((each) => path.endsWith(`/${each}.ts`)) ? path : undefined;
}

const known = new Map<string, ReadonlyMap<string, Place>>();

function placesIn(entry: string): ReadonlyMap<string, Place> {
  let places = known.get(entry);
  if (places === undefined) {
    places = new Map(
      [...readFileSync(entry, "utf8").matchAll(EXPORT)].flatMap(([, names = "", specifier = ""]) =>
        names.split(",").map((each) => {
          const [name = "", as = name] = each.trim().split(" as ");
          const module = specifier.startsWith(".")
            ? resolve(dirname(entry), specifier.replace(/\.js$/, ".ts"))
            : specifier;
          return [as, { module, name }] as const;
        }),
      ),
    );
    known.set(entry, places);
  }
  return places;
}

/**
 * The `package.json` of a folder that holds the compiled sources one by one: what imports the package by its name there
 * gets those, and not the bundle.
 *
 * @param folder where they lie, seen from the manifest, with a slash at its end.
 */
export function unbundledManifest(folder = "./"): string {
  const exports = Object.fromEntries(
    [...ENTRY_POINTS].map(([name, source]) => [
      name === "index" ? "." : `./${name}`,
      `${folder}${source}.js`,
    ]),
  );
  return `${JSON.stringify({ ...MANIFEST, exports }, null, 2)}\n`;
}

const HERE = /\/(bin|src\/(model|scenarios))\//;

/**
 * The command and the systems import the package by its entry points, which would load all that these name. In the bundle
 * each gets the modules that define what it uses, so that a command loads what it needs.
 */
export const DIRECT: Plugin = {
  name: "direct",
  transform(code, id) {
    if (!HERE.test(id)) return null;
    const direct = code.replaceAll(IMPORT, (statement, names: string, specifier: string) => {
      const entry = entryNamed(specifier, id);
      if (entry === undefined) return statement;
      const places = placesIn(entry);
      const imports = names
        .split(",")
        .map((name) => name.trim())
        .filter((name) => name !== "" && !name.startsWith("type "))
        .map((name) => {
          const [used = name] = name.split(" as ");
          const place = places.get(used);
          if (place === undefined) return `import { ${name} } from "${specifier}";`;
          const local = name.split(" as ")[1] ?? used;
          return `import { ${place.name} as ${local} } from "${place.module}";`;
        })
        .join(" ");
      // As many lines as before, so that places in the code stay what they are.
      return imports + "\n".repeat(statement.split("\n").length - 1);
    });
    return { code: direct, map: null };
  },
};
