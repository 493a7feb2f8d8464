import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ENTRY_POINTS } from "../scripts/entry-points.js";

const { files, exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, unknown>>;
};

/** npm packs these whatever the list says. */
const ALWAYS = ["README.md", "LICENSE", "package.json"];
const shipped = [...ALWAYS, ...files.filter((entry) => !entry.startsWith("!"))];

const isShipped = (path: string): boolean =>
  shipped.some((entry) => path === entry || path.startsWith(`${entry}/`));

const guides = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md"].concat(
  readdirSync("docs")
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
);

/** Files that a guide links to or shows, from the root of the project. */
function linked(guide: string): string[] {
  const targets = [...readFileSync(guide, "utf8").matchAll(/(?:\]\(|src=")([^)"\s#]+)/g)];
  return targets
    .flatMap(([, target = ""]) => (/^\w+:/.test(target) ? [] : [target]))
    .map((target) => normalize(join(dirname(guide), target)).replace(/\/$/, ""));
}

describe("the package", () => {
  it.each(guides)("ships what %s links to", (guide) => {
    const targets = linked(guide);
    expect(targets.filter((target) => !existsSync(target))).toEqual([]);
    expect(targets.filter((target) => !isShipped(target))).toEqual([]);
  });

  it("has a source for each of its entry points", () => {
    for (const [name, source] of ENTRY_POINTS) expect(existsSync(`${source}.ts`), name).toBe(true);
  });

  it("finds each entry point and its types where the build puts them", () => {
    const of = (name: string) => (name === "index" ? "." : `./${name}`);
    for (const [name, source] of ENTRY_POINTS) {
      expect(exports[of(name)]).toEqual({
        types: `./dist/types/${source}.d.ts`,
        default: `./dist/${name}.js`,
      });
    }
  });
});
