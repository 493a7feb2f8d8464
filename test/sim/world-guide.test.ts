/** The guide to the world stays true to it: its table has every kind of fault, with the fields that it has. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { faultSchemas } from "../../src/explore/formats/fault-schemas.js";
import { FAULT_KINDS } from "../../src/sim/faults.js";

interface Row {
  readonly kind: string;
  readonly does: string;
  readonly fields: readonly string[];
  readonly fired: string;
}

const guide = readFileSync(new URL("../../docs/world.md", import.meta.url), "utf8");

const rows: readonly Row[] = [...guide.matchAll(/^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$/gm)].map(
  ([, kind = "", does = "", fields = "", fired = ""]) => ({
    kind,
    does,
    // What stands in brackets explains a field and is none.
    fields: [...fields.replace(/\([^)]*\)/g, "").matchAll(/`([^`]+)`/g)].map(([, field = ""]) => field),
    fired,
  }),
);

describe("the guide's table of faults", () => {
  it("has every kind once, and no other", () => {
    expect(rows.map(({ kind }) => kind)).toEqual(FAULT_KINDS);
  });

  it.each(FAULT_KINDS)("has the fields of %s and says when it has fired", (kind) => {
    const row = rows.find((other) => other.kind === kind);
    const fields = Object.keys(faultSchemas[kind].fields).filter(
      (field) => !["id", "kind", "at", "trigger"].includes(field),
    );
    expect([...(row?.fields ?? [])].sort()).toEqual(fields.sort());
    expect(row?.does.length).toBeGreaterThan(10);
    expect(row?.fired.length).toBeGreaterThan(5);
  });
});
