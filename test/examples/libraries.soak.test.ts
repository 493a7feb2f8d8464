/** More storms over libraries from npm, and each of the findings of docs/found.md. */
import { describe, expect, it } from "vitest";
import { checked, FOUND, failure, MISTAKES, SOUND } from "./support/library-cases.js";

const RUNS = 40;
const SLOW_RUNS = 5;
/** In which what storms have found is found again. */
const FINDING_RUNS = 100;
const HOUR_MS = 3_600_000;

describe("a library under test", { timeout: HOUR_MS }, () => {
  it.each(SOUND)("$title", async (one) => {
    const runs = one.isSlow ? SLOW_RUNS : RUNS;
    expect(await checked(one, { runs })).toMatchObject({ runs });
  });

  it.each(MISTAKES.filter(({ isSlow }) => isSlow))(
    "notices a mistake of the program: $title",
    async (one) => {
      const { outcome } = await failure(one, 2 * SLOW_RUNS);
      expect(outcome.violations.map(({ property }) => property)).toContain(one.by);
    },
  );

  it.each(FOUND)("found in $title", async (one) => {
    const { outcome } = await failure(one, FINDING_RUNS);
    expect(outcome.violations.map(({ property }) => property)).toContain(one.by);
  });
});
