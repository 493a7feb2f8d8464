import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { systems } from "../../src/scenarios/index.js";

const MODEL = new URL("../../src/model/", import.meta.url);
const paths = readdirSync(MODEL, { recursive: true, encoding: "utf8" }).filter((path) =>
  path.endsWith(".ts"),
);
const textOf = (path: string): string => readFileSync(new URL(path, MODEL), "utf8");
const isCatalogue = (path: string): boolean => /defects?\.ts$/.test(path);
const catalogues = paths.filter(isCatalogue);
/** The systems' code, without the catalogues. */
const sources = paths.filter((path) => !isCatalogue(path)).map(textOf);

const all = systems.flatMap((system) => system.defects.map((defect) => ({ system, defect })));

/** GW1, GW2, … up to a number. */
const numbered = (letters: string, most: number): string[] =>
  Array.from({ length: most }, (_, i) => `${letters}${i + 1}`);

/** Of the order processing design, those that the actor layer protects against. */
const OF_ACTORS = [7, 8, 9, 10, 11, 12, 13, 14, 15, 19].map((number) => `PW${number}`);
/** Those that its services protect against. */
const OF_SERVICES = [1, 2, 3, 4, 5, 6, 16, 17, 18].map((number) => `PW${number}`);

const WEAKNESSES = [
  ...numbered("GW", 10),
  ...numbered("RW", 10),
  ...numbered("NW", 15),
  ...numbered("AW", 14),
  ...OF_ACTORS,
  ...OF_SERVICES,
];

describe("the catalogue of planted defects", () => {
  it("has at least 45 for the pipeline and what is under it", () => {
    const pipeline = systems.find(({ id }) => id === "pipeline");
    expect(pipeline?.defects.length).toBeGreaterThanOrEqual(45);
  });

  it("has each weakness of the designs, and calls nothing else one", () => {
    const ids = all.filter(({ defect }) => defect.origin === "weakness").map(({ defect }) => defect.id);
    expect(ids.sort()).toEqual([...WEAKNESSES].sort());
  });

  it("has each id once, over all systems", () => {
    const ids = all.map(({ defect }) => defect.id);
    expect(ids.filter((id, i) => ids.indexOf(id) !== i)).toEqual([]);
  });

  it("names for each properties that its system has", () => {
    const unknown = all.flatMap(({ system, defect: { id, caughtBy } }) => {
      const known = system.properties.map((property) => property.id);
      return caughtBy.length === 0 ? [id] : caughtBy.filter((one) => !known.includes(one));
    });
    expect(unknown).toEqual([]);
  });

  it("says what each breaks in one sentence", () => {
    for (const { defect } of all) expect(defect.breaks).toMatch(/^[A-Z][^\n]+\.$/);
  });

  it("cites for each a public report: what was found, by whom, when and where", () => {
    for (const { defect } of all) {
      const { what, by, year, url } = defect.incident ?? { what: "", by: "", year: 0, url: "" };
      expect([defect.id, what, by]).toEqual([
        defect.id,
        expect.stringMatching(/^[A-Za-z0-9][^\n]{20,}[^.]$/),
        expect.stringMatching(/.{5}/),
      ]);
      expect([defect.id, year > 1980 && year < 2100, URL.canParse(url)]).toEqual([defect.id, true, true]);
    }
  });

  it("has a switch for each where its protection stands", () => {
    const code = sources.join("\n");
    expect(all.map(({ defect }) => defect.id).filter((id) => !code.includes(`"${id}"`))).toEqual([]);
  });

  it("leaves no switch out of parts that have a catalogue", () => {
    const ids = new Set(
      catalogues.flatMap((path) => [...textOf(path).matchAll(/"([\w-]+)"/g)].map(([, id]) => id)),
    );
    const byPart = new Map<string, string[]>();
    for (const path of paths.filter((path) => !isCatalogue(path))) {
      const [part = ""] = path.split("/");
      const asked = [...textOf(path).matchAll(/[dD]efects?\("([^"]+)"\)/g)].map(([, id]) => id ?? "");
      byPart.set(part, [...(byPart.get(part) ?? []), ...asked]);
    }
    const catalogued = [...byPart.values()].filter((asked) => asked.some((id) => ids.has(id))).flat();
    expect(catalogued.length).toBeGreaterThan(80);
    expect(catalogued.filter((id) => !ids.has(id))).toEqual([]);
  });
});
