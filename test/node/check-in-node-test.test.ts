import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, expect, it } from "vitest";
import { userProject } from "../support/user-project.js";

const project = userProject(["rolldown"]);
afterAll(() => project.remove());

it("holds and fails in Node's own test runner as in any other", async () => {
  const example = (name: string): string =>
    readFileSync(new URL(`../../examples/tickets/${name}`, import.meta.url), "utf8");
  project.write("tickets.ts", example("tickets.ts"));
  project.write(
    "some.test.mjs",
    `import assert from "node:assert/strict";
    import { test } from "node:test";
    import { check, node } from "seedstorm/node";
    const options = { hosts: { seller: node("tickets.ts") }, runs: 4 };
    const place = { base: import.meta.dirname };
    const sells = async ({ client, healed }) => {
      await healed();
      const { status } = await client.fetch("http://seller:8080/tickets/ann", { method: "POST" });
      assert.equal(status, 201);
    };
    test("sells", () => check("sells", options, sells, place));
    test("is refused", () => assert.rejects(
      check("gives away", options, async (context) => {
        await sells(context);
        assert.fail("it wants money");
      }, place),
      /^StormFailure: expectations: it wants money[^]*again: SEEDSTORM_SEED=1 node some\\.test\\.mjs$/,
    ));`,
  );
  const args = ["--test-reporter=tap", "some.test.mjs"];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: project.folder });
  expect(stdout).toContain("ok 1 - sells");
  expect(stdout).toContain("ok 2 - is refused");
});
