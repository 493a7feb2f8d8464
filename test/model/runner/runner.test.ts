import { describe, expect, it } from "vitest";
import { type HistoryEvent, type Outcome, runOn } from "../../../src/index.js";
import { DEFAULT_FILES } from "../../../src/model/runner/business/files.js";
import { GOALS } from "../../../src/model/runner/goals.js";
import { calm } from "../../../src/scenarios/runner/calm.js";
import { rolling } from "../../../src/scenarios/runner/rolling.js";
import { runnerSystem } from "../../../src/scenarios/runner/system.js";

const SEED = 5_000;
const runCalm = (defects: readonly string[] = []): Promise<Outcome> =>
  runOn(runnerSystem, calm.plan(SEED, { defects }));

const durable = (history: readonly HistoryEvent[], prefix: string) =>
  history.flatMap((event) =>
    event.kind === "durable" ? event.writes.filter(({ key }) => key.startsWith(prefix)) : [],
  );

describe("the runner", () => {
  it("brings an order from its event through saga, outbox, effects and results to its end", async () => {
    const { history, violations, goals } = await runCalm();
    expect(violations).toEqual([]);
    const steps = durable(history, "saga:acme:fulfilment:o-3")
      .map(({ value }) => (value as { readonly state: { readonly step: string } }).state.step)
      .filter((step, i, all) => step !== all[i - 1]);
    expect(steps).toEqual(["charging", "rejected"]);
    expect(goals[GOALS.timerFired]).toBeGreaterThan(0);
    const left = durable(history, "outbox:").reduce((n, { value }) => n + (value === null ? -1 : 1), 0);
    expect(left).toBe(0);
  });

  it("gives the same universe for the same plan", async () => {
    const [first, second] = [await runCalm(), await runCalm()];
    expect(second.traceHash).toBe(first.traceHash);
  });

  it("is refused as a whole for a plan whose files are no good", async () => {
    const plan = calm.plan(SEED, { knobs: { "file/sagas.yaml": "sagas: 7" } });
    await expect(runOn(runnerSystem, plan)).rejects.toThrow("sagas.yaml: sagas: expected array, got 7");
    const environment = calm.plan(SEED, { knobs: { "environment/runner-2": "RUNNER_MODE=both" } });
    await expect(runOn(runnerSystem, environment)).rejects.toThrow(
      'runner.yaml: mode: expected "saga" | "effect" | "combined"',
    );
  });

  it("is refused for a knob that nobody knows, or that makes no sense", async () => {
    const refusal = (knobs: Readonly<Record<string, number>>) =>
      runOn(runnerSystem, calm.plan(SEED, { knobs })).catch((error: Error) => error.message);
    expect(await refusal({ streamLimits: 5 })).toMatch(
      /^knobs.streamLimits: no such knob; knobs are streamRepli/,
    );
    expect(await refusal({ streamReplicas: 2 })).toBe("knobs.streamReplicas: expected 1 or 3, got 2");
    expect(await refusal({ streamLimit: -1 })).toBe(
      "knobs.streamLimit: expected a whole number from 0, got -1",
    );
  });

  it("can part sagas from effects", async () => {
    const knobs = {
      "environment/runner-1": "RUNNER_MODE=saga",
      "environment/runner-2": "RUNNER_MODE=effect",
      "environment/runner-3": "RUNNER_MODE=effect",
    };
    const { history, violations } = await runOn(runnerSystem, calm.plan(SEED, { knobs }));
    expect(violations).toEqual([]);
    const workers = history.flatMap((event) =>
      event.kind === "external" && event.phase === "attempt" ? [event.host] : [],
    );
    expect(workers).not.toContain("runner-1");
  });

  it("answers its operator in the format of Prometheus, and is not ready while it drains", async () => {
    const { history, violations } = await runOn(runnerSystem, rolling.plan(1));
    expect(violations).toEqual([]);
    const answers = history.flatMap((event) =>
      event.kind === "client" && event.phase !== "call" && event.host === "operator" ? [event] : [],
    );
    const metrics = answers.find(({ operation }) => operation === "/metrics")?.value as {
      readonly body: string;
    };
    expect(metrics.body).toContain("# TYPE runner_outbox_depth gauge\nrunner_outbox_depth ");
    expect(metrics.body).toMatch(/runner_processing_seconds_bucket\{stream="\w+",le="\+Inf"\} \d+/);
    expect(answers.find(({ operation }) => operation === "/ready")).toMatchObject({ phase: "fail" });
    expect(
      answers.filter(({ operation }) => operation === "/admin/start").map(({ phase }) => phase),
    ).toContain("ok");
  });

  it.each([
    ["NW5", "ack-after-commit"],
    ["NW8", "tenants-apart"],
    ["NW9", "timers-kept"],
    ["NW10", "deterministic-transitions"],
    ["NW13", "sagas-end"],
    ["NW15", "trace-carried"],
    ["delete-before-confirmation", "outbox-until-confirmed"],
    ["timer-deleted-before-reminder", "timers-kept"],
  ])("is caught with %s by %s on a day without faults", async (defect, property) => {
    const { violations } = await runCalm([defect]);
    expect(violations.map((violation) => violation.property)).toContain(property);
  });
});

describe("the default files", () => {
  it("hold no secret but in the file of secrets", () => {
    const others = Object.entries(DEFAULT_FILES).filter(([name]) => name !== "secrets.json");
    for (const [, text] of others) expect(text).not.toContain("key-of-");
  });
});
