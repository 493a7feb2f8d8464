/** The guide to the world is true to the catalogue of faults: its table is what the catalogue says, kind by kind. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CATALOGUE, FAULT_KINDS, type FaultKind } from "../../src/sim/faults/catalogue.js";
import type { Field } from "../../src/sim/faults/fields.js";

const guide = readFileSync(new URL("../../docs/world.md", import.meta.url), "utf8");

function rowOf(kind: FaultKind): string {
  const { does, fired, fields } = CATALOGUE[kind];
  const named = Object.entries(fields as Readonly<Record<string, Field>>).map(([name, { note }]) =>
    note === undefined ? `\`${name}\`` : `\`${name}\` (${note})`,
  );
  return `| \`${kind}\` | ${does} | ${named.join(", ")} | ${fired} |`;
}

describe("the guide's table of faults", () => {
  it("has every kind once, and no other", () => {
    const kinds = [...guide.matchAll(/^\| `([^`]+)` \|/gm)].map(([, kind]) => kind);
    expect(kinds).toEqual(FAULT_KINDS);
  });

  it.each(FAULT_KINDS)("says of %s what the catalogue says", (kind) => {
    expect(guide.split("\n").find((line) => line.startsWith(`| \`${kind}\` |`))).toBe(rowOf(kind));
  });
});
