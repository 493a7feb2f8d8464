/**
 * Runs and campaigns as cases that hold or fail, for systems that know tests: one case for each property of each
 * scenario, one for what a scenario promises, one for runs that did not come to an end of their own. What a scenario
 * declares as its weakness holds, and says so.
 */
import type { CampaignResult } from "../explore/campaign.js";
import { type Shortfall, shortfalls } from "../explore/promises.js";
import { type Finding, type ScenarioSummary, sortOf } from "../explore/summary.js";
import type { Outcome, Scenario } from "../scenarios/scenario.js";
import { eventText } from "./event-text.js";
import { count, moment } from "./words.js";

/**
 * - `held`: compared and never contradicted.
 * - `failed`: contradicted; the message says how.
 * - `broken`: the harness could not judge.
 * - `idle`: there was nothing to compare, which proves nothing.
 */
export type CaseVerdict = "held" | "failed" | "broken" | "idle";

export interface Case {
  readonly scenario: string;
  /** `G8`, `promises`, `ends`. */
  readonly id: string;
  /** What must hold, in one sentence. */
  readonly sentence: string;
  readonly verdict: CaseVerdict;
  /** One sentence; empty when it held. */
  readonly message: string;
  /** Lines of evidence. */
  readonly evidence: readonly string[];
  /** What is to be typed to see it; empty when there is nothing to see. */
  readonly command: string;
}

export interface Suite {
  readonly scenario: string;
  readonly runs: number;
  readonly cases: readonly Case[];
}

export interface CaseSource {
  readonly result: CampaignResult;
  readonly scenarios: readonly Scenario[];
  /** What is to be typed to see one run. */
  commandFor(scenario: string, seed: number): string;
}

/** A suite for each scenario of a campaign. */
export function campaignSuites({ result, scenarios, commandFor }: CaseSource): Suite[] {
  const whole = result.complete && result.shard.of === 1;
  const short = shortfalls(result.summary, scenarios, whole);
  return Object.values(result.summary.scenarios).map((row) => {
    const scenario = scenarios.find(({ id }) => id === row.scenario);
    const findings = result.summary.findings.filter((finding) => finding.scenario === row.scenario);
    return {
      scenario: row.scenario,
      runs: row.runs,
      cases: [
        ...propertyCases(row, scenario, findings, commandFor),
        promiseCase(
          row.scenario,
          short.filter((shortfall) => shortfall.scenario === row.scenario),
        ),
        ...endCases(row, findings, commandFor),
      ],
    };
  });
}

function propertyCases(
  row: ScenarioSummary,
  scenario: Scenario | undefined,
  findings: readonly Finding[],
  commandFor: CaseSource["commandFor"],
): Case[] {
  const known = (scenario?.system.properties ?? []).map(({ id }) => id);
  const violated = findings.flatMap(({ kind, property }) => (kind === "violation" ? [property] : []));
  const ids = [...new Set([...known, ...Object.keys(row.properties), ...violated])];
  return ids.map((id) => {
    const sentence = scenario?.system.properties.find((property) => property.id === id)?.sentence ?? id;
    const found = findings.find(
      ({ kind, property, declared }) => kind === "violation" && property === id && !declared,
    );
    const base = { scenario: row.scenario, id, sentence };
    if (found !== undefined) return { ...base, ...failure(found, row, commandFor) };
    const checked = row.properties[id]?.checked ?? 0;
    const verdict = checked === 0 ? "idle" : "held";
    const message = checked === 0 ? `${id} never had anything to compare in ${count(row.runs, "run")}` : "";
    return { ...base, verdict, message, evidence: [], command: "" };
  });
}

function failure(
  found: Finding,
  row: ScenarioSummary,
  commandFor: CaseSource["commandFor"],
): Pick<Case, "verdict" | "message" | "evidence" | "command"> {
  const total = row.findings[sortOf(found)] ?? 1;
  const more = total > 1 ? ` (and so in ${count(total - 1, "more run")})` : "";
  return {
    verdict: "failed",
    message: `seed ${found.seed}: ${found.message}${more}`,
    evidence: found.evidence.map((event) => `${moment(event.at)} ${event.host} ${eventText(event)}`),
    command: commandFor(found.scenario, found.seed),
  };
}

function promiseCase(scenario: string, short: readonly Shortfall[]): Case {
  const binding = short.filter((shortfall) => shortfall.binding);
  return {
    scenario,
    id: "promises",
    sentence: "everything that the scenario promises happened",
    verdict: binding.length > 0 ? "failed" : short.length > 0 ? "idle" : "held",
    message: (binding.length > 0 ? binding : short).map(({ message }) => message).join("; "),
    evidence: [],
    command: "",
  };
}

/** Runs that were never judged: endless, hung, diverged, or broken off. */
function endCases(
  row: ScenarioSummary,
  findings: readonly Finding[],
  commandFor: CaseSource["commandFor"],
): Case[] {
  const base = {
    scenario: row.scenario,
    id: "ends",
    sentence: "every run comes to its end, the same each time",
  };
  const sorts = new Map(
    findings.filter(({ kind }) => kind !== "violation").map((finding) => [sortOf(finding), finding]),
  );
  if (sorts.size === 0) return [{ ...base, verdict: "held", message: "", evidence: [], command: "" }];
  return [...sorts.values()].map((finding) => ({
    ...base,
    ...failure(finding, row, commandFor),
    id: `ends: ${finding.kind}`,
    verdict: "broken",
  }));
}

/** One run as one suite. */
export function runSuite(outcome: Outcome, scenario: Scenario, command: string): Suite {
  const { plan, properties, violations, history } = outcome;
  const reported = properties.map(({ id, sentence, checked }) => ({ id, sentence, checked }));
  // Code under test that threw is told as a violation of no property.
  const others = violations.filter(({ property }) => !reported.some(({ id }) => id === property));
  const all = [
    ...reported,
    ...others.map(({ property }) => ({ id: property, sentence: "code under test never fails", checked: 1 })),
  ];
  const cases = all.map(({ id, sentence, checked }): Case => {
    const base = { scenario: plan.scenario, id, sentence };
    const found = violations.find(
      ({ property }) => property === id && !scenario.expectedViolations.includes(id),
    );
    if (found === undefined) {
      const message = checked === 0 ? `${id} had nothing to compare` : "";
      return { ...base, verdict: checked === 0 ? "idle" : "held", message, evidence: [], command: "" };
    }
    const evidence = found.evidence.flatMap((id) => {
      const event = history[id];
      return event === undefined ? [] : [`${moment(event.at)} ${event.host} ${eventText(event)}`];
    });
    return { ...base, verdict: "failed", message: `seed ${plan.seed}: ${found.message}`, evidence, command };
  });
  return { scenario: plan.scenario, runs: 1, cases };
}
