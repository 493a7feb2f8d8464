import { describe, expect, it } from "vitest";
import { scenarios } from "../../src/scenarios/index.js";
import { command } from "./support.js";

describe("seedstorm list", () => {
  it("names scenarios, systems, properties, faults and defects", async () => {
    const { code, out } = await command(["list"]);
    expect(code).toBe(0);
    expect(out).toMatch(/Scenarios\n {2}small +Two tills/);
    expect(out).toContain("System shop-floor  A shop floor with two tills\n  T1  no order is paid twice\n");
    expect(out).toContain("  pay-twice  orders are paid twice (caught by T1)\n");
    expect(out).toMatch(/Faults\n(.*\n)* {2}bit-rot +\S/);
  });

  it("tells of one scenario what it shows and what it promises", async () => {
    const { out } = await command(["list", "small"]);
    expect(out).toMatch(
      /^small\nTwo tills.*\n\nThat the other till carries on\.\n\nFaults promised {2}domain-loss, loss\n/,
    );
    expect((await command(["list", "smalll"])).code).toBe(2);
  });

  it("--json prints the same for programs", async () => {
    const data = JSON.parse((await command(["list", "--json"])).out);
    expect(data.scenarios.map(({ id }: { id: string }) => id)).toEqual(["small", "boastful"]);
    expect(data.systems).toHaveLength(1);
    expect(data.systems[0].defects[0]).toEqual({
      id: "pay-twice",
      breaks: "orders are paid twice",
      caughtBy: ["T1"],
      origin: null,
      incident: null,
    });
    expect(data.faults.find(({ kind }: { kind: string }) => kind === "crash").does).toMatch(/power/);
  });

  it("says of the house's own defects whether the design is weak there, or where the trade stumbles", async () => {
    const { out } = await command(["list"], { simulator: { scenarios }, columns: 120 });
    const told = out.replaceAll(/\s+/g, " ");
    expect(told).toMatch(/ GW3 A payment [^(]+ \(weakness of the design, caught by no-double-effect\) /);
    expect(told).toMatch(
      / RW14 [^(]+ \(classic of the trade, caught by replica-never-goes-back, handled-state-reaches-the-log, directory-epochs-increase\) /,
    );
    const { systems } = JSON.parse((await command(["list", "--json"], { simulator: { scenarios } })).out);
    const saga = systems.find(({ id }: { id: string }) => id === "saga");
    expect(saga.defects[0]).toMatchObject({ id: "AW1", origin: "weakness", incident: { year: 2025 } });
  });

  it("keeps to narrow terminals", async () => {
    for (const columns of [40, 60, 80]) {
      const { out } = await command(["list"], { columns });
      for (const line of out.split("\n")) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });
});

describe("seedstorm", () => {
  it("ends with 2 and one line for what commander can't use", async () => {
    const help = [
      ["seedstorm --help", ["chek"]],
      ["seedstorm run --help", ["run"]],
      ["seedstorm run --help", ["run", "small", "--sed", "1"]],
      ["seedstorm run --help", ["run", "small", "more"]],
      ["seedstorm replay --help", ["replay"]],
      ["seedstorm run --help", ["run", "small", "--seed"]],
    ] as const;
    for (const [see, args] of help) {
      const { code, out, err } = await command(args);
      expect([code, out]).toEqual([2, ""]);
      expect(err).toMatch(new RegExp(`^error: [^\n]+; see ${see}\n$`));
    }
  });

  it("explains itself, and ends with 0 when it was asked to", async () => {
    const { code, out } = await command(["--help"]);
    expect(code).toBe(0);
    expect(out).toContain("Exit codes: 0 all held, 1 a property was violated");
    expect((await command(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await command([])).code).toBe(2);
  });
});
