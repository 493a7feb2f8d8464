import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.js";
import { fakeRun, small } from "../support/small-scenario.js";
import { command, DRAWN_SEED } from "./support.js";

const folder = temporaryFolder();

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const order = (n: number) =>
  JSON.stringify({ deliveryId: `d${n}`, orderId: `o${n}`, cents: 100, currency: "EUR" });

describe("seedstorm run", () => {
  it("tells the story of a seed and ends with 0 when all held", async () => {
    const { code, out, err } = await command(["run", "small", "--seed", "7"]);
    expect(code).toBe(0);
    expect(err).toBe("");
    expect(out).toMatch(/^small · seed 7 · 30 s of virtual time\n/);
    expect(out).toMatch(/again: npx seedstorm run small --seed 7\n$/);
  });

  it("ends with 1 when a property is violated, and says which, when and by what", async () => {
    const { code, out } = await command(["run", "small", "--seed", "13"]);
    expect(code).toBe(1);
    expect(out).toContain("✗ T1 at 12.900 s: order o3 was paid twice");
    expect(out).toContain("12.400 s external/payments: payments capture o3:charge: applied 100");
    expect(out).toContain("violated: T1");
  });

  it("ends with 0 when only what the scenario declares is violated, and says so", async () => {
    const { code, out } = await command(["run", "small", "--seed", "14"]);
    expect(code).toBe(0);
    expect(out).toContain("! T2 at 30.000 s: order o9 was never paid (declared by this scenario)");
    expect(out).toContain("held, but for what this scenario declares");
  });

  it("ends with 0 when the run could not recover by design", async () => {
    const { code, out } = await command(["run", "small", "--seed", "15"]);
    expect(code).toBe(0);
    expect(out).toContain("unrecoverable");
  });

  it("ends with 3 and the command that brings it back when the simulator fails, without a stack trace", async () => {
    const { code, out, err } = await command(["run", "small", "--seed", "16"]);
    expect(code).toBe(3);
    expect(out).toBe("");
    expect(err).toBe(
      "error: the simulator failed: Error: the till is on fire\n" +
        "again: npx seedstorm run small --seed 16 (SEEDSTORM_DEBUG=1 shows where)\n",
    );
    expect((await command(["run", "small", "--seed", "16"], { debug: true })).err).toMatch(/\n +at /);
  });

  it("draws a seed when none is given, and prints it", async () => {
    const { out } = await command(["run", "small"]);
    expect(out).toContain(`seed ${DRAWN_SEED} `);
    expect(out).toContain(`--seed ${DRAWN_SEED}\n`);
  });

  it("takes seeds in decimal and hexadecimal up to 2^53 - 1, and nothing else", async () => {
    expect((await command(["run", "small", "--seed", "0x10ff"])).out).toContain("seed 4351 ");
    expect((await command(["run", "small", "--seed", "9007199254740991"])).code).toBe(0);
    for (const seed of ["-1", "1.5", "1e3", "9007199254740992", "x", "", "0x", "0b1", "٣", "9".repeat(999)]) {
      const { code, err } = await command(["run", "small", "--seed", seed]);
      expect(code).toBe(2);
      expect(err).toMatch(
        /^error: --seed: expected a whole number from 0 to 9007199254740991, got [^\n]+\n$/,
      );
    }
  });

  it("suggests the nearest scenario and defect", async () => {
    const wrong = await command(["run", "smal"]);
    expect([wrong.code, wrong.err]).toEqual([2, 'error: no scenario "smal"; did you mean "small"?\n']);
    const far = await command(["run", "elephant"]);
    expect(far.err).toBe('error: no scenario "elephant"; scenarios are small, boastful\n');
    const defect = await command(["run", "small", "--defect", "pay-twic"]);
    expect([defect.code, defect.err]).toEqual([
      2,
      'error: --defect: system shop-floor has no defect "pay-twic"; did you mean "pay-twice"?\n',
    ]);
  });

  it("plants defects, once each, and says so in the command", async () => {
    const { out } = await command([
      "run",
      "small",
      "--seed",
      "7",
      "--defect",
      "pay-twice",
      "--defect",
      "pay-twice",
    ]);
    expect(out).toContain("planted defects: pay-twice\n");
    expect(out).toContain("again: npx seedstorm run small --seed 7 --defect pay-twice\n");
  });

  it("sets knobs, and says so in the command", async () => {
    let knobs: unknown;
    const run = (plan: Parameters<typeof fakeRun>[0]) => {
      knobs = plan.knobs;
      return fakeRun(plan);
    };
    const args = [
      "run",
      "small",
      "--seed",
      "7",
      "--knob",
      "tills=3",
      "--knob",
      "open=true",
      "--knob",
      "name=a b",
    ];
    const { out } = await command(args, { simulator: { run } });
    expect(knobs).toEqual({ tills: 3, open: true, name: "a b" });
    expect(out).toContain(
      "  npx seedstorm run small --seed 7 --knob tills=3 --knob open=true --knob 'name=a b'\n",
    );
    const wrong = await command(["run", "small", "--knob", "tills"]);
    expect([wrong.code, wrong.err]).toEqual([2, 'error: --knob: expected NAME=VALUE, got "tills"\n']);
  });

  it("ends with 2 when a system refuses a knob of the plan, or the plan is too busy to end", async () => {
    const path = file("knobs.json", JSON.stringify(small.plan(7)));
    const refusing = {
      run: () => {
        // As it comes from the thread of a run: with its name, but not of its class.
        throw Object.assign(new Error('knobs.tills: expected a number, got "x"'), { name: "RangeError" });
      },
    };
    const refused = await command(["replay", path], { simulator: refusing });
    expect([refused.code, refused.err]).toEqual([
      2,
      `error: ${path}: knobs.tills: expected a number, got "x"\n`,
    ]);
    const busy = {
      run: () => {
        throw Object.assign(new Error("the run passed its budget of 5 events"), {
          name: "EventBudgetExceeded",
        });
      },
    };
    expect((await command(["replay", path], { simulator: busy })).code).toBe(2);
  });

  it("--json prints one object of the agreed shape", async () => {
    const { out } = await command(["run", "small", "--seed", "13", "--json"]);
    const data = JSON.parse(out);
    expect(Object.keys(data)).toEqual([
      "scenario",
      "seed",
      "verdict",
      "traceHash",
      "events",
      "virtualTimeMs",
      "wallTimeMs",
      "faults",
      "properties",
      "violations",
    ]);
    expect(data).toMatchObject({ scenario: "small", seed: 13, verdict: "violated", virtualTimeMs: 30000 });
    expect(data.faults).toEqual({ "domain-loss": 1, loss: 1, "clock-jump": 1 });
    expect(data.properties[0]).toEqual({ id: "T1", kind: "always", verdict: "violated", checked: 20 });
    expect(data.violations[0]).toMatchObject({ property: "T1", atMs: 12900 });
    expect(data.violations[0].evidence).toMatchObject([
      { atMs: 12400, host: "external/payments", kind: "external", token: "o3:charge" },
      { atMs: 12900, host: "external/payments", kind: "external", token: "o3:charge" },
    ]);
  });

  it("--quiet prints nothing when all held, and the violation with its command when not", async () => {
    expect(await command(["run", "small", "--seed", "7", "--quiet"])).toMatchObject({
      code: 0,
      out: "",
      err: "",
    });
    const { out } = await command(["run", "small", "--seed", "13", "-q"]);
    expect(out).toMatch(/^✗ T1 at 12\.900 s: /);
    expect(out).toMatch(/again: npx seedstorm run small --seed 13\n$/);
  });

  it("--output takes what would be printed, without colours", async () => {
    const { out, files } = await command(["run", "small", "--seed", "7", "-o", "story.txt"], { colors: 1 });
    expect(out).toBe("");
    expect(files["story.txt"]).toMatch(/^small · seed 7/);
  });

  it("--verify says that it ran twice, and names the first event that differs", async () => {
    expect((await command(["run", "small", "--seed", "7", "--verify"])).out).toContain(
      "(ran twice, the same)",
    );
    const divergence = { step: 812, first: "5 µs aws-a: timer", second: "6 µs aws-a: timer" };
    const verify = (plan: Parameters<typeof fakeRun>[0]) => ({ outcome: fakeRun(plan), divergence });
    const { code, out, err } = await command(["run", "small", "--seed", "7", "--verify"], {
      simulator: { verify },
    });
    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(
      /^error: two runs of one plan differ from step 812 on: first "5 µs aws-a: timer", then "6 µs aws-a: timer"\n/,
    );
  });

  it("--plan-out writes a plan that replay runs again to the same trace", async () => {
    const first = await command(["run", "small", "--seed", "7", "--plan-out", "plan.json", "--json"]);
    const path = file("plan.json", first.files["plan.json"] ?? "");
    const again = await command(["replay", path, "--json"]);
    expect(again.code).toBe(0);
    expect(JSON.parse(again.out).traceHash).toBe(JSON.parse(first.out).traceHash);
    expect((await command(["replay", path])).out).toContain(`again: npx seedstorm replay ${path}\n`);
  });

  it("--orders replaces the made-up orders by those of a file", async () => {
    const path = file("orders.jsonl", [order(1), order(1), order(2)].join("\n"));
    let workload: readonly unknown[] = [];
    const run = (plan: Parameters<typeof fakeRun>[0]) => {
      workload = plan.workload.map(({ body }) => body);
      return fakeRun(plan);
    };
    const { code, out } = await command(["run", "small", "--seed", "7", "--orders", path], {
      simulator: { run },
    });
    expect(code).toBe(0);
    expect(workload.length).toBe(3);
    expect(workload[0]).toEqual({
      deliveryId: "d1",
      orderId: "o1",
      cents: 100,
      currency: "EUR",
      source: "plain",
    });
    expect(out.replaceAll("\n", " ")).toContain("3 deliveries from");
    expect(out).toContain(`run small --seed 7 --orders ${path}\n`);
  });

  it("names a bad line of an order file and ends with 2; --lenient skips and counts it", async () => {
    const path = file(
      "bad.jsonl",
      [order(1), '{"deliveryId":"d2","orderId":"o2","cents":"forty","currency":"EUR"}'].join("\n"),
    );
    const strict = await command(["run", "small", "--orders", path]);
    expect(strict.code).toBe(2);
    expect(strict.err).toBe(
      `error: ${path}:2: cents: expected a whole number of the currency's smallest unit, like 4200, got "forty"\n`,
    );
    const lenient = await command(["run", "small", "--orders", path, "--lenient", "--json"]);
    expect(lenient.code).toBe(0);
    expect(lenient.err).toContain("skipped 1 of its deliveries");
    expect(JSON.parse(lenient.out).orders).toEqual({ file: path, deliveries: 1, skipped: 1, passedOver: {} });
  });

  it("says of a file that can't be read why", async () => {
    const missing = await command(["run", "small", "--orders", join(folder, "nowhere")]);
    expect([missing.code, missing.err]).toEqual([
      2,
      `error: cannot read ${join(folder, "nowhere")}: there is no such file\n`,
    ]);
    expect((await command(["replay", folder])).err).toMatch(/^error: cannot read .*: it is a folder\n$/);
    const binary = join(folder, "binary");
    writeFileSync(binary, new Uint8Array([0xff, 0xfe, 0x00]));
    expect((await command(["replay", binary])).err).toMatch(/expected text in UTF-8/);
  });

  it("says of a plan that can't be run where it is wrong", async () => {
    const plan = { ...small.plan(7), seed: 1.5 };
    const path = file("wrong.json", JSON.stringify(plan));
    const { code, err } = await command(["replay", path]);
    expect([code, err]).toEqual([
      2,
      `error: ${path}: seed: expected a whole number from 0 to 9007199254740991, got 1.5\n`,
    ]);
  });
});
