/** Strips of faults can be told apart: each kind has a family, and in it a pattern of its own. */
import { expect, it } from "vitest";
import { familyOf, patternOf, TILE } from "../../../src/report/html/client/fault-patterns.js";
import { FAULT_KINDS } from "../../../src/sim/faults/catalogue.js";

it("every kind of fault has a colour and a pattern that no other has", () => {
  const looks = FAULT_KINDS.map((kind) => {
    const { isPainted, ground } = patternOf(kind);
    const pixels = Array.from({ length: TILE * TILE }, (_, i) =>
      isPainted(i % TILE, Math.floor(i / TILE)) ? 1 : ground,
    );
    return `${familyOf(kind)} ${pixels.join(" ")}`;
  });
  expect(new Set(looks).size).toBe(FAULT_KINDS.length);
});

it("puts kinds where they belong", () => {
  expect(["exit", "leap-second", "bit-rot", "half-open", "external-reset"].map(familyOf)).toEqual([
    "power",
    "clock",
    "disk",
    "network",
    "external",
  ]);
});
