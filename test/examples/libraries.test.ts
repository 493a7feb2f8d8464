/** Libraries from npm keep the promises of their documentation in a few storms, and mistakes in the programs that use them are noticed. */
import { describe, expect, it } from "vitest";
import { checked, failure, MISTAKES, SOUND } from "./support/library-cases.js";

describe("a library under test", () => {
  it.each(SOUND.filter(({ isSlow }) => !isSlow))("$title", async (one) => {
    expect(await checked(one, { runs: 2 })).toMatchObject({ runs: 2 });
  });

  it.each(MISTAKES.filter(({ isSlow }) => !isSlow))(
    "notices a mistake of the program: $title",
    async (one) => {
      const { outcome } = await failure(one, 20);
      expect(outcome.violations.map(({ property }) => property)).toContain(one.by);
    },
  );
});
