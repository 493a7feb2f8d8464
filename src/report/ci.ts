/**
 * Campaigns for CI systems: JUnit XML, a suite for each scenario and a case for each property; and GitHub's workflow
 * commands, an annotation for each failure. (Formats: github.com/testmoapp/junitxml and docs.github.com, "Workflow
 * commands for GitHub Actions".)
 */
import type { Case } from "../explore/campaign/cases.js";
import { shrinkTraceLine } from "../explore/shrink/trace-text.js";
import type { Scenario } from "../storm/scenario.js";
import { type CampaignReport, nameOf, nounIn, total } from "./campaign.js";
import { faultLine } from "./fault-text.js";
import { count } from "./words.js";

export function junitLines(report: CampaignReport): string[] {
  const { result, scenarios, corpus } = report;
  const suites = [
    ...(corpus.length === 0 ? [] : [corpusSuite(report)]),
    ...scenarios.map((scenario) => suite(scenario, report)),
  ];
  const tests = suites.reduce((sum, one) => sum + one.tests, 0);
  const failed = suites.reduce((sum, one) => sum + one.failures, 0);
  const time = (result.wallTimeMs / 1000).toFixed(3);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="seedstorm" tests="${tests}" failures="${failed}" errors="0" time="${time}">`,
    ...suites.flatMap(({ lines }) => lines),
    "</testsuites>",
  ];
}

interface Suite {
  readonly tests: number;
  readonly failures: number;
  readonly lines: readonly string[];
}

interface TestCase {
  readonly name: string;
  readonly failure?: { readonly message: string; readonly text: string };
}

function suite(scenario: Scenario, report: CampaignReport): Suite {
  const mine = report.cases.filter(({ finding }) => finding.scenario === scenario.id);
  const ids = scenario.system.properties.map(({ id, sentence }) => ({ id, name: `${id}: ${sentence}` }));
  const cases: TestCase[] = ids.map(({ id, name }) =>
    testCase(
      name,
      mine.find((one) => nameOf(one) === id),
      report,
    ),
  );
  for (const found of mine) {
    if (!ids.some(({ id }) => id === nameOf(found))) cases.push(testCase(nameOf(found), found, report));
  }
  for (const { message, binding, scenario: of } of report.unmetExpectations) {
    if (binding && of === scenario.id) cases.push({ name: message, failure: { message, text: message } });
  }
  return written(scenario.id, cases);
}

function corpusSuite({ corpus }: CampaignReport): Suite {
  return written(
    "corpus",
    corpus.map(({ file, verdict, message }) =>
      verdict === "held" ? { name: file } : { name: file, failure: { message, text: `${file}: ${message}` } },
    ),
  );
}

function testCase(name: string, found: Case | undefined, report: CampaignReport): TestCase {
  if (found === undefined) return { name };
  return { name, failure: { message: found.finding.message, text: storyOf(found, report).join("\n") } };
}

function written(name: string, cases: readonly TestCase[]): Suite {
  const failed = cases.filter(({ failure }) => failure !== undefined).length;
  const lines = cases.flatMap((one) => {
    const head = `    <testcase classname="seedstorm.${xml(name)}" name="${xml(one.name)}"`;
    if (one.failure === undefined) return [`${head}/>`];
    const { message, text } = one.failure;
    return [`${head}>`, `      <failure message="${xml(message)}">${xml(text)}</failure>`, "    </testcase>"];
  });
  return {
    tests: cases.length,
    failures: failed,
    lines: [
      `  <testsuite name="${xml(name)}" tests="${cases.length}" failures="${failed}" errors="0" skipped="0">`,
      ...lines,
      "  </testsuite>",
    ],
  };
}

/** Annotations for what failed, and one line for the log. */
export function githubLines(report: CampaignReport): string[] {
  const error = (title: string, text: string): string => `::error title=${property(title)}::${data(text)}`;
  const notice = (text: string): string => `::warning title=seedstorm::${data(text)}`;
  const runs = total(report, (row) => row.runs);
  const failed = total(report, (row) => row.failed);
  return [
    ...report.corpus.flatMap(({ file, verdict, message }) =>
      verdict === "held" ? [] : [error(`corpus ${file}`, message)],
    ),
    ...report.cases.map((found) =>
      error(`${nameOf(found)} in ${found.finding.scenario}`, storyOf(found, report).join("\n")),
    ),
    ...report.unmetExpectations.flatMap(({ binding, message, scenario }) =>
      binding ? [error(`promise of ${scenario}`, message)] : [],
    ),
    ...report.result.notices.map(notice),
    `seedstorm: ${count(runs, "run")}, ${failed === 0 ? "none" : String(failed)} of them failed`,
  ];
}

/** A failure in a few lines without colours. */
function storyOf(found: Case, report: CampaignReport): string[] {
  const { finding, runs, plan, shrinkTrace } = found;
  const { message, scenario, seed } = finding;
  return [
    message,
    `in ${count(runs, "run")} of ${scenario}, first with seed ${seed}`,
    ...(shrinkTrace === undefined
      ? []
      : [
          shrinkTraceLine(shrinkTrace, nounIn(report, scenario)),
          ...plan.faults.slice(0, 6).map((fault) => faultLine(fault)),
        ]),
    report.command(found),
  ];
}

/** Text inside XML; characters that XML 1.0 does not have become question marks. */
function xml(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("\n", "&#10;");
}

function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
