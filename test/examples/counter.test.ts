import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scenarios } from "../../examples/counter.js";
import { check } from "../../src/explore/index.js";
import { type Host, type Outcome, rpc, runOn, type Scenario, type System } from "../../src/index.js";
import { campaignText } from "../../src/report/index.js";

const [counter] = scenarios as [Scenario];
const SEEDS = 200;

async function outcomes(system: System, first: number): Promise<Outcome[]> {
  const all: Outcome[] = [];
  for (let seed = first; seed < first + SEEDS; seed++) all.push(await runOn(system, counter.plan(seed)));
  return all;
}

/** The same server, which waits for its disk. */
function mendedServer(host: Host): void {
  let total = host.disk.size("journal");
  host.onRequest(rpc<null, number>("add"), async () => {
    host.disk.append("journal", Uint8Array.of(1));
    const number = ++total;
    await host.disk.fsync("journal");
    return number;
  });
}

const mended: System = {
  ...counter.system,
  build(world, plan) {
    counter.system.build(world, plan);
    world.onBoot("server", mendedServer);
  },
};

describe("the counter of the examples", () => {
  it("fits on a page", () => {
    const text = readFileSync(new URL("../../examples/counter.ts", import.meta.url), "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
  });

  it("is shown in the README as it is, with what its campaign prints", async () => {
    const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
    const [, code = ""] = /```ts\n(function server.*?)```/s.exec(readme) ?? [];
    const text = readFileSync(new URL("../../examples/counter.ts", import.meta.url), "utf8");
    for (const line of code.split("\n")) expect(text.split("\n")).toContain(line);
    const [, shown = ""] = /check --runs 200\n(.*?)\n[^\n]*replay/s.exec(readme) ?? [];
    const printed = campaignText(await check(counter, { runs: 200 }), [counter]);
    const timeless = (lines: string) => lines.replace(/in 199 runs, [\d.]+ s/, "");
    expect(timeless(printed)).toContain(timeless(shown));
  });

  it.each([1, 1_001, 2_001])("is caught within 200 runs, from seed %i on", async (first) => {
    const violations = (await outcomes(counter.system, first)).flatMap((outcome) => outcome.violations);
    expect(new Set(violations.map(({ property }) => property))).toEqual(new Set(["kept"]));
    expect(violations[0]?.message).toMatch(/^add-\d+ and add-\d+ are both number \d+\.$/);
  });

  it("holds when it waits for the disk, through the same storms", async () => {
    const all = await outcomes(mended, 1);
    expect(all.filter(({ verdict }) => verdict !== "held")).toEqual([]);
    const fired = all.flatMap(({ faults }) =>
      Object.keys(faults).filter((kind) => (faults[kind]?.fired ?? 0) > 0),
    );
    expect([...new Set(fired)].sort()).toEqual(["crash", "pause"]);
  });
});
