import { expectHolds } from "seedstorm/vitest";
import { test } from "vitest";
import { scenarios } from "./scenarios.js";

const module = new URL("scenarios.ts", import.meta.url);

test.each(scenarios)("$title", { timeout: 300_000 }, (scenario) =>
  expectHolds(scenario, { runs: 50, module }),
);
