/** More storms over libraries from npm, and each of the findings of docs/found.md. */
import { describe, expect, it } from "vitest";
import { checked, FOUND, failure, SOUND } from "./support/library-cases.js";

const RUNS = 100;
const HOUR_MS = 3_600_000;

describe("a library under test", { timeout: HOUR_MS }, () => {
  it.each(SOUND)("$title", async (one) => {
    expect(await checked(one, { runs: RUNS })).toMatchObject({ runs: RUNS });
  });

  it.each(FOUND)("found in $title", async (one) => {
    const { outcome } = await failure(one, RUNS);
    expect(outcome.violations.map(({ property }) => property)).toContain(one.by);
  });
});
