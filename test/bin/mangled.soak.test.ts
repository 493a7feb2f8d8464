/**
 * Thousands of spoilt files through the whole command: each ends in exit code 2 with one sentence, or, when what
 * was spoilt did not matter, in a run. Never a stack trace, never a hang.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planText } from "../../src/explore/formats/plan-file.js";
import { temporaryFolder } from "../support/folder.js";
import { small } from "../support/small-scenario.js";
import { command } from "./support.js";

const folder = temporaryFolder();
const path = join(folder, "spoilt");

const examples = ["shopify-orders.jsonl", "stripe-events.jsonl"].map((name) =>
  readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8")
    .split("\n")
    .slice(0, 4)
    .join("\n"),
);

/** A text with pieces cut out, doubled, swapped or put in, at up to five places. */
function spoilt(texts: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom(
      '"',
      "{",
      "}",
      "[",
      "]",
      ",",
      ":",
      "null",
      "-1",
      "1e999",
      "0.1",
      "\n",
      "\u0000",
      '"x"',
      "9".repeat(400),
    ),
  );
  const slip = fc.record({ at: fc.nat(1_000_000), take: fc.nat(30), put: piece });
  return fc
    .tuple(fc.constantFrom(...texts), fc.array(slip, { minLength: 1, maxLength: 5 }))
    .map(([text, slips]) =>
      slips.reduce((spoiling, { at, take, put }) => {
        const from = at % (spoiling.length + 1);
        return spoiling.slice(0, from) + put + spoiling.slice(from + take);
      }, text),
    );
}

async function endsWell(text: string, args: readonly string[]): Promise<void> {
  writeFileSync(path, text);
  const { code, out, err } = await command(args);
  if (code === 0 || code === 1) return;
  expect(code).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^error: [^\n]{10,900}\n$/);
  expect(err).not.toMatch(/\bat [\w./<>]+:\d+:\d+|undefined|\[object/);
}

describe("a spoilt file", () => {
  it("as a plan ends in one sentence", async () => {
    const plan = planText(small.plan(7));
    await fc.assert(
      fc.asyncProperty(spoilt([plan]), (text) => endsWell(text, ["replay", path, "--quiet"])),
      { numRuns: 5000 },
    );
  });

  it("of orders ends in one sentence", async () => {
    await fc.assert(
      fc.asyncProperty(spoilt(examples), (text) =>
        endsWell(text, ["run", "small", "--orders", path, "--quiet"]),
      ),
      { numRuns: 5000 },
    );
  });

  it("of orders read leniently ends in a run, or in one sentence when nothing is left", async () => {
    await fc.assert(
      fc.asyncProperty(spoilt(examples), async (text) => {
        writeFileSync(path, text);
        const { code } = await command([
          "run",
          "small",
          "--seed",
          "7",
          "--orders",
          path,
          "--lenient",
          "--quiet",
        ]);
        expect([0, 2]).toContain(code);
      }),
      { numRuns: 500 },
    );
  });
});
