/**
 * One run, observed from the outside and reduced to what a campaign keeps of it: verdict, counts, and for each
 * violated property its first sentence with its evidence. The history itself stays in the thread that ran it.
 */
import type { Violation } from "../../check/property.js";
import type { HistoryEvent } from "../../sim/history.js";
import type { Plan } from "../../sim/plan.js";
import { EventBudgetExceeded } from "../../sim/scheduler.js";
import { asBegun } from "../../sim/triggers.js";
import type { World } from "../../sim/world.js";
import { type RunOptions, runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { type Divergence, verifyOn } from "../../storm/verify.js";
import { emptyLatency } from "../campaign/latency.js";
import { addRunTo } from "../campaign/measure-latency.js";
import { type CampaignRun, type CampaignSettings, planOptionsOf } from "../campaign/settings.js";
import {
  addFinding,
  addHashes,
  count,
  type Finding,
  rowOf,
  type ScenarioSummary,
  type Summary,
} from "../campaign/summary.js";
import { newPosition, positionOptions, type RunPosition } from "./position.js";
import { sentence } from "./sentence.js";

/** Events of one evidence that are kept. */
const KEPT_EVIDENCE = 24;
/** Different states of one row that are counted; machines without bounds on their states are cut off there. */
const KEPT_STATES = 1_000;

/** Runs one universe of a campaign and adds what came of it to the summary. Returns whether it failed. Never throws. */
export async function observe(
  run: CampaignRun,
  scenario: Scenario,
  settings: CampaignSettings,
  summary: Summary,
  position: RunPosition = newPosition(),
): Promise<boolean> {
  try {
    const plan = scenario.plan(run.seed, planOptionsOf(settings));
    return addRun(
      summary,
      run,
      scenario,
      await runObserved(scenario, plan, run.verify, settings.eventBudget, position),
    );
  } catch (error) {
    return addBreakage(summary, run, error);
  }
}

/** Adds a run that came to its end. Returns whether it failed. */
export function addRun(
  summary: Summary,
  run: CampaignRun,
  scenario: Scenario,
  { outcome, divergence, world }: Observed,
): boolean {
  const row = rowOf(summary, run.scenario);
  row.runs++;
  if (run.verify) row.verified++;
  addOutcome(row, outcome, world);
  if (scenario.system.latencies !== undefined) {
    row.latency ??= emptyLatency();
    addRunTo(row.latency, outcome, scenario.system);
  }
  const findings = violationFindings(outcome, scenario, run);
  if (divergence !== undefined) {
    findings.push(finding(run, { kind: "diverged", message: divergenceText(divergence) }));
  }
  for (const found of findings) addFinding(summary, found);
  return addVerdict(row, outcome, findings);
}

/** Adds a run that broke off. Returns that it failed. */
export function addBreakage(summary: Summary, run: CampaignRun, error: unknown): true {
  const row = rowOf(summary, run.scenario);
  row.runs++;
  row.failed++;
  const kind = error instanceof EventBudgetExceeded ? "endless" : "broken";
  addFinding(summary, finding(run, { kind, message: sentence(error) }));
  return true;
}

/** A finding in a run; what is not given is left empty. */
export function finding(
  { index, scenario, seed }: CampaignRun,
  found: Pick<Finding, "kind" | "message"> & Partial<Finding>,
): Finding {
  return { index, scenario, seed, property: "", declared: false, at: 0, evidence: [], more: 0, ...found };
}

/** A run that came to its end. */
export interface Observed {
  readonly outcome: Outcome;
  readonly divergence: Divergence | undefined;
  /** The world that it was run in, where there was one. */
  readonly world: World | undefined;
}

async function runObserved(
  scenario: Scenario,
  plan: Plan,
  verify: boolean,
  eventBudget: number,
  position: RunPosition,
): Promise<Observed> {
  let world: World | undefined;
  const options: RunOptions = {
    eventBudget,
    ...positionOptions(position, (made) => {
      world = made;
    }),
  };
  if (!verify) {
    const outcome = await runOn(scenario.system, plan, options);
    return { outcome, divergence: undefined, world };
  }
  const { outcome, divergence } = await verifyOn(scenario.system, plan, options);
  return { outcome, divergence, world };
}

function addOutcome(row: ScenarioSummary, outcome: Outcome, world: World | undefined): void {
  row.events += outcome.events;
  row.virtualTime += outcome.virtualTime;
  row.traces = addHashes(row.traces, outcome.traceHash);
  for (const [kind, { planned, fired }] of Object.entries(outcome.faults)) {
    row.faults[kind] ??= { planned: 0, fired: 0 };
    row.faults[kind].planned += planned;
    row.faults[kind].fired += fired;
  }
  for (const [goal, hits] of Object.entries(outcome.goals)) count(row.goals, goal, hits);
  for (const [point, fired] of Object.entries(outcome.buggify)) count(row.buggify, point, fired);
  for (const [defect, asked] of Object.entries(outcome.defectsAsked)) count(row.defectsAsked, defect, asked);
  for (const { id, checked, verdict } of outcome.properties) {
    row.properties[id] ??= { checked: 0, violated: 0 };
    row.properties[id].checked += checked;
    if (verdict === "violated") row.properties[id].violated++;
  }
  addStates(row, outcome.history);
  addCrashPoints(row, outcome, world);
}

function addStates(row: ScenarioSummary, history: readonly HistoryEvent[]): void {
  for (const event of history) {
    if (event.kind !== "state") continue;
    // States that are numbers (a term, an index) tell machines' progress and not their shape.
    if (/^-?\d+$/.test(event.to)) continue;
    const state = `${event.entity}: ${event.to}`;
    if (row.states[state] === undefined && Object.keys(row.states).length >= KEPT_STATES) continue;
    count(row.states, state, 1);
  }
}

function addCrashPoints(row: ScenarioSummary, outcome: Outcome, world: World | undefined): void {
  const at = (host: string) => {
    row.crashPoints[host] ??= { passed: 0, before: 0, after: 0 };
    return row.crashPoints[host];
  };
  for (const machine of world?.machines ?? []) {
    if (!machine.external && machine.crashPoints > 0) at(machine.id).passed += machine.crashPoints;
  }
  if (outcome.faults["crash-point"] === undefined) return;
  const fired = firedFaults(outcome.history);
  const { faults, topology } = outcome.plan;
  for (const fault of asBegun(faults, outcome.history, topology)) {
    if (fault.kind === "crash-point" && fired.has(fault.id)) at(fault.target)[fault.side]++;
  }
}

/** Ids of the faults that did something. */
export function firedFaults(history: readonly HistoryEvent[]): Set<string> {
  const fired = new Set<string>();
  for (const event of history) {
    if (event.kind === "fault" && event.phase === "fired") fired.add(event.fault);
  }
  return fired;
}

function addVerdict(row: ScenarioSummary, outcome: Outcome, findings: readonly Finding[]): boolean {
  const failed = findings.some(({ declared }) => !declared);
  if (failed) row.failed++;
  else if (outcome.verdict === "unrecoverable") row.unrecoverable++;
  else {
    row.held++;
    if (findings.length > 0) row.declared++;
  }
  return failed;
}

/** One finding for each property that was violated: its first violation. */
function violationFindings(outcome: Outcome, scenario: Scenario, run: CampaignRun): Finding[] {
  const byProperty = new Map<string, Violation[]>();
  for (const violation of outcome.violations) {
    const others = byProperty.get(violation.property);
    if (others === undefined) byProperty.set(violation.property, [violation]);
    else others.push(violation);
  }
  return [...byProperty.values()].map((violations) => {
    const first = violations[0] as Violation; // a list is made with its first violation
    return finding(run, {
      kind: "violation",
      property: first.property,
      declared: scenario.expectedViolations.includes(first.property),
      at: first.at,
      message: first.message,
      evidence: evidenceOf(first, outcome.history),
      more: violations.length - 1,
    });
  });
}

/** The events of an evidence, as many as are kept. */
export function evidenceOf(violation: Violation, history: readonly HistoryEvent[]): HistoryEvent[] {
  return violation.evidence.slice(0, KEPT_EVIDENCE).flatMap((id) => history[id] ?? []);
}

export function divergenceText({ step, first, second }: Divergence): string {
  return `two runs of one plan differ from step ${step} on: first "${first}", then "${second}"`;
}
