import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";

const { files, exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly files: readonly string[];
  readonly exports: Readonly<Record<string, { readonly default: string }>>;
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
    for (const { default: compiled } of Object.values(exports)) {
      const source = compiled.replace("./dist/", "").replace(/\.js$/, ".ts");
      expect(existsSync(source), source).toBe(true);
    }
  });
});
