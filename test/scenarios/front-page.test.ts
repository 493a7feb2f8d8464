import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { scenarios, systems } from "../../src/scenarios/index.js";

it("has on the front page as many scenarios and planted defects as there are", () => {
  const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8").replaceAll("\n", " ");
  const defects = systems.reduce((sum, system) => sum + system.defects.length, 0);
  expect(readme).toContain(`in ${scenarios.length} scenarios and with ${defects} planted defects`);
});

it("has a line on the front page for each dependency", () => {
  const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
  const { dependencies, peerDependencies, devDependencies } = JSON.parse(read("package.json")) as Record<
    "dependencies" | "peerDependencies" | "devDependencies",
    Readonly<Record<string, string>>
  >;
  const rows = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .join("\n");
  for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...devDependencies }))
    expect(rows, name).toContain(`\`${name}\``);
});
