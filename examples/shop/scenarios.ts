/** The shop as scenarios for the command: sound, and with each of the classic mistakes. */
import assert from "node:assert/strict";
import { stormScenario } from "seedstorm/node";
import { FLAWS } from "./flaw.js";
import { complaints, shop, trade } from "./storm.js";

export const scenarios = await Promise.all(
  [undefined, ...FLAWS].map((flaw) => {
    const name = flaw === undefined ? "the shop keeps its promises" : `the shop with ${flaw}`;
    return stormScenario(name, shop(flaw), async (context) => {
      const broken = complaints(await trade(context));
      assert.ok(broken.length === 0, broken.join("; "));
    });
  }),
);
