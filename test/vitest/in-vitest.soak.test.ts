import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type UserProject, userProject } from "../support/user-project.js";

const VITEST = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

/** A Vitest within this one, and one that forbids no `only`, as it does in CI. */
const AT_A_DESK = { VITEST: "", CI: "" };

let project: UserProject;
beforeEach(() => {
  project = userProject(["rolldown", "vitest", "vite"]);
  project.write(
    "seller.ts",
    readFileSync(new URL("../../examples/tickets/tickets.ts", import.meta.url), "utf8"),
  );
});
afterEach(() => project.remove());

interface Result {
  readonly name: string;
  readonly status: string;
  readonly message: string;
}

interface JsonReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs Vitest in the project, and returns what became of each test. */
async function vitest(
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Result[]> {
  const command = [VITEST, "run", "--reporter=json", "--outputFile=report.json", ...args];
  const options = { cwd: project.folder, env: { ...process.env, ...AT_A_DESK, ...env } };
  await promisify(execFile)(process.execPath, command, options).catch(() => {}); // what failed is in the report
  const { testResults } = JSON.parse(readFileSync(project.path("report.json"), "utf8")) as JsonReport;
  return testResults.flatMap(({ assertionResults }) =>
    assertionResults.map(({ fullName: name, status, failureMessages: [message = ""] }) => ({
      name,
      status,
      message,
    })),
  );
}

const byName = (results: readonly Result[]) => results.map(({ name, status }) => `${status} ${name}`);

/** The beginning of each test file: a buyer, who asks once for each ticket. */
const BUYER = `
import { describe, expect, test } from "vitest";
import { expectHolds, node, stormTest } from "seedstorm/vitest";
const hosts = { seller: node("./seller.ts") };
async function lost({ client, healed }) {
  const bought: string[] = [];
  for (let i = 0; i < 12; i++) {
    const url = "http://seller:8080/tickets/buyer-" + i;
    const answer = await client.fetch(url, { method: "POST", signal: client.timeout(2_000) }).catch(() => undefined);
    if (answer?.status === 201) bought.push("buyer-" + i);
    await client.sleep(800);
  }
  await healed();
  const sold = await (await client.fetch("http://seller:8080/tickets")).json();
  return bought.filter((buyer) => !sold.includes(buyer));
}
const keeps = async (context) => expect(await lost(context)).toEqual([]);
`;

const forgetful = (): void => {
  const source = readFileSync(project.path("seller.ts"), "utf8");
  project.write("seller.ts", source.replace(/\n.*await journal.sync\(\).*/, ""));
};

describe("storm tests in a process of Vitest", () => {
  it("are tests like any other: in groups, skipped, one for each case", async () => {
    project.write(
      "some.test.ts",
      `${BUYER}
      describe("a group", () => { stormTest("holds", { hosts, runs: 3 }, keeps); });
      stormTest.skip("skipped", { hosts, runs: 3 }, () => { throw new Error("it was run"); });
      stormTest.each([{ seed: 5 }, { seed: 6 }])("with $seed", { hosts, runs: 1 }, (_one, context) => keeps(context));
      stormTest.each(["a", "b"])((one) => "named " + one, { hosts, runs: 1 }, (_one, context) => keeps(context));
      test("a plain one", () => {});`,
    );
    expect(byName(await vitest())).toEqual([
      "passed a group holds",
      "skipped skipped",
      "passed with 5",
      "passed with 6",
      "passed named a",
      "passed named b",
      "passed a plain one",
    ]);
    project.write(
      "only.test.ts",
      `${BUYER}
      stormTest("one", { hosts, runs: 1 }, () => { throw new Error("it was run"); });
      stormTest.only("the only one", { hosts, runs: 1 }, keeps);`,
    );
    expect(byName(await vitest(["only.test.ts"]))).toEqual(["skipped one", "passed the only one"]);
    const shards = [await vitest(["--shard", "1/2"]), await vitest(["--shard", "2/2"])];
    expect(shards.map((results) => results.length).sort()).toEqual([2, 7]);
  });

  it("fail with a story, a line that brings it back, and a file that is run first", async () => {
    forgetful();
    const body = `${BUYER}
      stormTest("keeps (all) tickets", { hosts, runs: 50 }, keeps);
      stormTest("another", { hosts, runs: 50 }, keeps);`;
    project.write("some.test.ts", body);
    const [failed, bailed] = await vitest(["--bail", "1"]);
    expect([failed?.status, bailed?.status]).toEqual(["failed", "pending"]);
    const { message = "" } = failed ?? {};
    expect(message).toMatch(/StormFailure: expectations: expected \[ 'buyer-\d+'.* to deeply equal \[\]/);
    expect(message).toContain("crash seller");
    expect(message).toMatch(/some\.test\.ts:\d+:\d+/);
    const again = /again: SEEDSTORM_SEED=(\d+) npx vitest run some\.test\.ts -t '(.*)'/.exec(message);
    const [, seed = "", pattern = ""] = again ?? [];
    expect(pattern).toBe("keeps \\(all\\) tickets");
    expect(existsSync(project.path("__storms__/keeps-all-tickets.json"))).toBe(true);
    const [first, skipped] = await vitest(["some.test.ts", "-t", pattern], { SEEDSTORM_SEED: seed });
    expect([first?.status, skipped?.status]).toEqual(["failed", "skipped"]);
    const [replayed] = await vitest(["-t", pattern]);
    expect(replayed?.message).toContain("which is run first");
  });

  it("point at the line of a program that threw", async () => {
    project.write(
      "seller.ts",
      'import "node:http";\nsetTimeout(() => {\n  throw new RangeError("too late");\n}, 2_000);\n',
    );
    project.write("some.test.ts", `${BUYER} stormTest("comes up", { hosts, runs: 3 }, keeps);`);
    const [failed] = await vitest();
    expect(failed?.message).toContain("RangeError: too late");
    expect(failed?.message).toContain(`at ${project.path("seller.ts")}:3:9`);
  });

  it("are ended by their time-out, with all that they began", async () => {
    project.write(
      "some.test.ts",
      `${BUYER} stormTest("too long", { hosts, runs: 1_000_000, timeout: 3_000 }, keeps);`,
    );
    const [late] = await vitest();
    expect(late?.status).toBe("failed"); // and Vitest came to its end
  });

  it("are run again by a watch when their file changes", async () => {
    const text = `${BUYER} stormTest("holds", { hosts, runs: 2 }, keeps);`;
    project.write("some.test.ts", text);
    const watch = spawn(process.execPath, [VITEST, "watch", "--reporter=verbose", "--no-color"], {
      cwd: project.folder,
      env: { ...process.env, ...AT_A_DESK },
    });
    try {
      await said(watch, /✓ some\.test\.ts > holds[\s\S]*Waiting for file changes/);
      project.write("some.test.ts", text.replace('"holds"', '"still holds"'));
      await said(watch, /✓ some\.test\.ts > still holds/);
    } finally {
      await ended(watch);
    }
  });
});

describe("storm tests that take long", { timeout: 600_000 }, () => {
  const EXPECTS = `stormTest("keeps tickets", { hosts, runs: 4_000, jobs, hangMs: 3_000 }, async (context) => {
    const gone = await lost(context);
    // Rare enough for a run in a thread to be the first.
    if (gone.length > 0 && context.client.random() < 0.004) expect(gone).toEqual([]);
  });`;

  it("find the same in many threads as in one", async () => {
    forgetful();
    const seeds: string[] = [];
    for (const jobs of [1, 2]) {
      project.write("some.test.ts", `${BUYER} const jobs = ${jobs}; ${EXPECTS}`);
      const [failed] = await vitest();
      seeds.push(/SEEDSTORM_SEED=(\d+)/.exec(failed?.message ?? "")?.[1] ?? "none");
      rmSync(project.path("__storms__"), { recursive: true, force: true });
    }
    expect(seeds[0]).toBe(seeds[1]);
  });

  it("notice a program that never gives its thread back", async () => {
    const source = readFileSync(project.path("seller.ts"), "utf8");
    const loops =
      "async function sell(name: string): Promise<boolean> {\n  if (Math.random() < 0.0002) for (;;);";
    project.write(
      "seller.ts",
      source.replace("async function sell(name: string): Promise<boolean> {", loops),
    );
    project.write("some.test.ts", `${BUYER} const jobs = 2; ${EXPECTS}`);
    const [failed] = await vitest();
    expect(failed?.message).toMatch(/UnfinishedRun: keeps tickets: seed \d+: the run did not end within 3 s/);
    expect(failed?.message).toMatch(/again: SEEDSTORM_SEED=\d+ /);
  });
});

describe("expectHolds", () => {
  it("holds a scenario to what it promises, in threads that load its module", async () => {
    const counter = readFileSync(new URL("../../examples/counter.ts", import.meta.url), "utf8");
    project.write("scenarios.ts", counter);
    project.write(
      "some.test.ts",
      `import { test } from "vitest";
      import { expectHolds } from "seedstorm/vitest";
      import { scenarios } from "./scenarios.js";
      const [counter] = scenarios;
      test("a counter", () => expectHolds(counter, { runs: 300, module: "./scenarios.ts" }));`,
    );
    const [failed] = await vitest();
    expect(failed?.message).toMatch(/StormFailure: kept: add-\d+ and add-\d+ are both number \d+/);
    expect(failed?.message).toContain("again: SEEDSTORM_SEED=1 npx vitest run some.test.ts -t 'a counter'");
    expect(existsSync(project.path("__storms__/counter.json"))).toBe(true);
  });
});

/** Ends the process, and waits until it writes nothing any more. */
async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, "close");
  child.kill();
  await exit;
}

/** Waits until the process has written something. */
function said(child: ChildProcess, pattern: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = "";
    const listen = (chunk: Buffer): void => {
      text += chunk.toString();
      if (!pattern.test(text)) return;
      child.stdout?.off("data", listen);
      resolve();
    };
    child.stdout?.on("data", listen);
    child.once("exit", () => reject(new Error(`it ended before it said ${pattern}: ${text}`)));
  });
}
