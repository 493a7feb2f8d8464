import { describe, expect, it } from "vitest";
import { pipelineDrill } from "../../../../src/scenarios/pipeline/drill.js";

describe("the weaknesses that a drill's backend declares", () => {
  const ids = pipelineDrill.system.properties.map(({ id }) => id);
  const [log, own] = pipelineDrill.backends;

  it("are none where streams are the logs", () => {
    expect(log?.weaknesses).toEqual([]);
    expect(log?.notJudged).toEqual([]);
  });

  it("are of properties that there are, each once, and leave what orders rely on", () => {
    const declared = own?.weaknesses.map(({ property }) => property) ?? [];
    expect(declared.filter((id) => !ids.includes(id))).toEqual([]);
    expect(new Set(declared).size).toBe(declared.length);
    for (const kept of ["accepted-orders-stay-readable", "no-answer-before-commit", "no-double-effect"])
      expect(declared).not.toContain(kept);
    expect(own?.notJudged.filter((id) => !ids.includes(id))).toEqual([]);
  });
});
