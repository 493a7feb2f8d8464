import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DrillHistory, historyText, parseHistory, readHistory } from "../../src/live/history-file.js";
import { judge, NOT_HEALED } from "../../src/live/judge.js";
import { pipelineDrill } from "../../src/scenarios/pipeline/drill.js";
import { pipelineSystem } from "../../src/scenarios/pipeline/system.js";
import { SECOND } from "../../src/sim/time.js";
import { CODE_FAILURE, runOn } from "../../src/storm/run.js";
import { temporaryFolder } from "../support/folder.js";

/** What a drill would have written down, had its processes been simulated ones. */
async function simulated(defects: readonly string[] = []): Promise<DrillHistory> {
  const options = { length: 15 * SECOND, control: true, defects, knobs: {} };
  const { plan } = pipelineDrill.plan(1, options);
  const { history } = await runOn(pipelineSystem, plan);
  return {
    header: {
      ...{ format: "seedstorm-drill", version: 1, drill: "pipeline", backend: "none" },
      ...{ server: { version: "0.0.0", sync: "default" }, plan, struck: [], faults: {}, healing: 0 },
      ...{ notes: [], ending: { how: "complete" } },
    },
    events: history,
  };
}

const sound = await simulated();

const violated = (history: DrillHistory): string[] => [
  ...new Set(judge(history, pipelineSystem).violations.map(({ property }) => property)),
];

describe("the judge of a drill", () => {
  it("lets a history without a flaw hold, and compares what the simulation compares", () => {
    const { verdict, properties } = judge(sound, pipelineSystem);
    expect(verdict).toBe("held");
    const compared = properties.filter(({ checked }) => checked > 0).map(({ id }) => id);
    expect(compared).toEqual(
      expect.arrayContaining(["no-double-effect", "every-record-is-acked", "lin-queue"]),
    );
  });

  it("finds a planted defect by the property that the simulation finds it by", async () => {
    expect(violated(await simulated(["GW5"]))).toContain("one-record-per-key");
  });

  it("judges a history as it was before it was written into a file", () => {
    const path = join(temporaryFolder(), "history.jsonl");
    writeFileSync(path, historyText(sound));
    const read = readHistory(path, [pipelineDrill]);
    // What is written down by many processes knows no causes.
    const asLive = { ...sound, events: sound.events.map((event) => ({ ...event, cause: -1 })) };
    expect(read.events).toEqual(asLive.events);
    expect(judge(read, pipelineSystem)).toEqual(judge(asLive, pipelineSystem));
  });

  it("does not hold against a drill that was interrupted what it never came to", () => {
    const half = sound.events.slice(0, Math.floor(sound.events.length / 2));
    const end = half.at(-1)?.at ?? 0;
    const plan = { ...sound.header.plan, healAt: end, duration: end };
    const header = { ...sound.header, plan, ending: { how: "interrupted" } } as const;
    expect(violated({ header, events: half })).toEqual([]);
  });

  it("judges nothing of a drill that broke off where what was committed is read back in the end", async () => {
    const { header, events } = await simulated(["GW5"]);
    const backend = { notJudged: [], knownInTheEnd: true };
    expect(judge({ header, events }, pipelineSystem, backend).verdict).toBe("violated");
    const ending = { how: "interrupted" } as const;
    expect(judge({ header: { ...header, ending }, events }, pipelineSystem, backend).verdict).toBe("held");
  });

  it.each([
    [{ how: "unhealed", message: "orders has no leader." }, NOT_HEALED],
    [{ how: "host-ended", host: "gateway-aws", message: "it ended" }, CODE_FAILURE],
  ] as const)("reports how a drill ended: %o", (ending, property) => {
    const header = { ...sound.header, ending };
    expect(violated({ ...sound, header })).toEqual([property]);
  });
});

describe("the file of a drill's history", () => {
  const lines = historyText(sound).split("\n");
  const text = (...parts: readonly (string | undefined)[]): string => `${parts.join("\n")}\n`;

  it.each([
    ["is none", text("{}"), "h: line 1: expected the first line of a drill's history"],
    [
      "is of another version",
      text(lines[0]?.replace('"version":1', '"version":9')),
      "h: line 1: version 9 of the format is not known; expected 1",
    ],
    [
      "has a plan of a drill that nobody knows",
      text(lines[0]?.replace('"scenario":"pipeline"', '"scenario":"pipelin"')),
      'h: line 1: plan.scenario: no scenario "pipelin"',
    ],
    ["has a line that is no event", text(lines[0], lines[1], '{"at":1}'), "h: line 3: expected an event"],
    ["was cut within a line", text(lines[0], lines[1]?.slice(0, 9)), "h: line 2: expected an event"],
  ])("is refused when it %s", (_, content, message) => {
    expect(() => parseHistory(content, "h", [pipelineDrill])).toThrow(message);
  });
});
