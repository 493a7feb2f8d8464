/** Every property of every system stands in a table of promises, and every row names a property that a system has. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { systems } from "../../src/scenarios/index.js";

const DOCS = new URL("../../docs/", import.meta.url);

/** Rows of tables whose last column is a property's name, in the page of promises and in those of systems. */
const promised = readdirSync(DOCS)
  .filter((name) => name.endsWith(".md"))
  .flatMap((name) => {
    const text = readFileSync(new URL(name, DOCS), "utf8");
    const tables = text.split("\n## ").filter((part) => name === "promises.md" || /^Promises\b/.test(part));
    return tables
      .flatMap((part) => [...part.matchAll(/^\|.*\| `([a-z][a-z0-9-]+)` \|$/gm)])
      .map(([, id]) => id ?? "");
  });

const properties = [...new Set(systems.flatMap((system) => system.properties.map(({ id }) => id)))];

describe("the pages of promises", () => {
  it("have a row for every property", () => {
    expect(properties.filter((id) => !promised.includes(id))).toEqual([]);
  });

  it("name no property that no system has", () => {
    expect(promised.filter((id) => !properties.includes(id))).toEqual([]);
  });
});
