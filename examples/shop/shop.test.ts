import { stormTest } from "seedstorm/vitest";
import { complaints, shop, trade } from "./storm.js";

stormTest("the shop keeps its promises", shop(), async ({ expect, ...context }) => {
  expect(complaints(await trade(context))).toEqual([]);
});
