import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { type ClaimRequest, claimResult } from "../../../src/explore/campaign/claim-result.js";
import { WHOLE } from "../../../src/explore/campaign/settings.js";
import { enterTemporaryFolder } from "../../support/folder.js";

beforeEach(() => enterTemporaryFolder());

const settings = {
  scenarios: ["a"],
  seed: 1,
  runs: 10,
  defects: [],
  knobs: {},
  verifyEvery: 0,
  eventBudget: 1,
};
const request: ClaimRequest = { path: "kept.json", isNamed: false, settings, shard: WHOLE, isResumed: false };

describe("a claim", () => {
  it("keeps a second campaign away, which takes the next place or is refused when it named this one", () => {
    const first = claimResult(request);
    expect(first.path).toBe("kept.json");
    expect(readFileSync("kept.json.lock", "utf8").split(" ")[0]).toBe(String(process.pid));
    expect(claimResult(request).path).toBe("kept-2.json");
    expect(() => claimResult({ ...request, isNamed: true })).toThrow(
      "kept.json is being written by another campaign",
    );
    first.release();
    expect(claimResult({ ...request, isNamed: true }).path).toBe("kept.json");
  });

  it("keeps a second one away where the folder is not there yet", () => {
    const first = { ...request, path: "reports/new/kept.json" };
    expect(claimResult(first).path).toBe("reports/new/kept.json");
    expect(existsSync("reports/new/kept.json.lock")).toBe(true);
    expect(claimResult(first).path).toBe("reports/new/kept-2.json");
  });

  it("keeps a second one away that comes before it is written", () => {
    writeFileSync("kept.json.lock", "");
    expect(claimResult(request).path).toBe("kept-2.json");
  });

  it("that a process left behind counts for nothing", () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    writeFileSync("kept.json.lock", String(pid));
    expect(claimResult(request).path).toBe("kept.json");
    expect(readFileSync("kept.json.lock", "utf8").split(" ")[0]).toBe(String(process.pid));
  });

  it.runIf(process.platform === "linux")(
    "counts for nothing when the process that left it had the number of one that runs now",
    () => {
      writeFileSync("kept.json.lock", `${process.pid} 1`);
      expect(claimResult({ ...request, isNamed: true }).path).toBe("kept.json");
    },
  );

  it("is not had where nothing can be written, and is no hindrance there", () => {
    writeFileSync("no", "a file");
    const { path, release } = claimResult({ ...request, path: "no/such/folder/kept.json" });
    expect(path).toBe("no/such/folder/kept.json");
    release();
  });
});
