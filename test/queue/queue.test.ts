/** What of campaigns over a queue needs no queue: who may work together, what passes between them, and what is refused. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { runCampaign } from "../../src/explore/campaign/campaign.js";
import { type CampaignSettings, DEFAULT_EVENT_BUDGET, WHOLE } from "../../src/explore/campaign/settings.js";
import { addSummary, emptySummary, inOrder } from "../../src/explore/campaign/summary.js";
import { InputError, inThisThread } from "../../src/explore/index.js";
import { connectTo, serversIn, withoutSecrets } from "../../src/queue/clients.js";
import { identityOf } from "../../src/queue/code-identity.js";
import { blockIn, helloIn, packed, resultIn } from "../../src/queue/messages.js";
import { temporaryFolder } from "../support/folder.js";
import { scenarios } from "../support/toy.js";

const settings: CampaignSettings = {
  scenarios: ["toy-storm", "toy-calm"],
  seed: 5,
  runs: 25,
  defects: ["ack-early"],
  knobs: {},
  verifyEvery: 5,
  eventBudget: DEFAULT_EVENT_BUDGET,
};

describe("a campaign in blocks", () => {
  it("comes to the same as the whole, however long its blocks are", async () => {
    const pool = inThisThread(scenarios);
    const whole = await runCampaign({ pool, settings });
    for (const runs of [1, 7, 24, 40]) {
      const sum = emptySummary();
      for (let from = 0; from < 25; from += runs) {
        const block = await runCampaign({ pool, settings, block: { from, runs } });
        expect(block.complete).toBe(true);
        expect(block.done).toBe(Math.min(25, from + runs));
        const message = packed({
          kind: "done",
          done: block.done - from,
          summary: block.summary,
          notices: [],
        });
        const result = resultIn(message);
        if (result?.kind !== "done") throw new Error("the result did not come through");
        addSummary(sum, result.summary);
      }
      expect(inOrder(sum, settings.scenarios)).toEqual(whole.summary);
    }
  });

  it("names itself in its result until it is complete", async () => {
    const pool = inThisThread(scenarios);
    const over = { aborted: true, addEventListener: () => {}, removeEventListener: () => {} };
    const begun = await runCampaign({ pool, settings, queued: "abcdef", signal: over });
    expect(begun).toMatchObject({ done: 0, complete: false, queued: "abcdef" });
    const complete = await runCampaign({ pool, settings, queued: "abcdef" });
    expect(complete.queued).toBeUndefined();
  });
});

describe("what passes over the queue", () => {
  const block = { campaign: "abcdef", settings, shard: WHOLE, from: 20, runs: 5, failFast: false };

  it("comes through as it was", () => {
    expect(blockIn(packed(block))).toEqual(block);
    expect(resultIn(packed({ kind: "unusable", message: "no" }))).toEqual({
      kind: "unusable",
      message: "no",
    });
    const hello = { versions: { seedstorm: "1.0.0", node: "20.0.0" }, code: "0123456789ab" };
    expect(helloIn(packed(hello))).toEqual(hello);
  });

  it.each([
    ["nothing", new Uint8Array()],
    ["what is not compressed", new TextEncoder().encode(JSON.stringify(block))],
    ["what is no JSON", gzipSync("{")],
    ["another message", gzipSync('{"kind":"done"}')],
    ["settings that are none", gzipSync(JSON.stringify({ ...block, settings: { ...settings, seed: -1 } }))],
    ["what becomes too large", gzipSync(Buffer.alloc(80 * 1_048_576, " "))],
  ])("is passed over when it is %s", (_, bytes) => {
    expect([blockIn(bytes), resultIn(bytes), helloIn(bytes)]).toEqual([undefined, undefined, undefined]);
  });
});

describe("the identity of code", () => {
  /** Two modules in a folder of their own. */
  function moduleWith(own: string, imported: string): string {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "parts"));
    writeFileSync(join(folder, "main.js"), `import "./parts/a.js";\n${own}\n`);
    writeFileSync(
      join(folder, "parts/a.js"),
      `import("../main.js"); import x from "./gone.js";\n${imported}\n`,
    );
    return pathToFileURL(join(folder, "main.js")).href;
  }
  const codeOf = (...modules: string[]): string => identityOf(modules).code;

  it("is the same wherever the same code lies", () => {
    expect(codeOf(moduleWith("1", "2"))).toBe(codeOf(moduleWith("1", "2")));
    expect(codeOf(`${moduleWith("1", "2")}?system`)).toBe(codeOf(moduleWith("1", "2")));
    expect(codeOf(moduleWith("1", "2"))).toMatch(/^[0-9a-f]{12}$/);
  });

  it("is another one where a module or one that it imports differs", () => {
    const codes = [moduleWith("1", "2"), moduleWith("1", "3"), moduleWith("3", "2"), "data:,1", "data:,2"];
    expect(new Set(codes.map((module) => codeOf(module))).size).toBe(codes.length);
  });
});

describe("the address of a queue", () => {
  it.each(["queue", "http://queue:4222", "nats://", "nats://a:4222,b", ""])("is not %s", (url) => {
    expect(() => serversIn(url)).toThrow(/^--queue: expected the address of a NATS server, as in nats:/);
  });

  it("is one or several, and is shown without its secrets", () => {
    expect(serversIn("nats://a:1, tls://b")).toEqual(["nats://a:1", "tls://b"]);
    expect(withoutSecrets("nats://me:secret@a:1,nats://b")).toBe("nats://a:1,nats://b");
  });

  it("is refused where nobody answers", async () => {
    const gone = connectTo("nats://me:secret@127.0.0.1:1");
    await expect(gone).rejects.toThrow(InputError);
    await expect(gone).rejects.toThrow(/^--queue: "nats:\/\/127\.0\.0\.1:1" can't be reached: /);
  });
});
