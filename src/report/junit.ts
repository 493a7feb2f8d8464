/**
 * JUnit XML as continuous integration reads it: a suite for each scenario, a case for each property. A failure carries the
 * sentence, its evidence and the command that shows it; what had nothing to compare is skipped.
 */
import type { Case, Suite } from "./cases.js";

/** @param wallTimeMs real time of all suites together. */
export function junitXml(suites: readonly Suite[], wallTimeMs: number): string {
  const all = suites.flatMap(({ cases }) => cases);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="seedstorm" ${counts(all)} time="${(wallTimeMs / 1000).toFixed(3)}">`,
    ...suites.flatMap(suiteLines),
    "</testsuites>",
    "",
  ].join("\n");
}

function suiteLines({ scenario, runs, cases }: Suite): string[] {
  return [
    `  <testsuite name=${quoted(`seedstorm ${scenario}`)} ${counts(cases)}>`,
    "    <properties>",
    `      <property name="runs" value="${runs}"/>`,
    "    </properties>",
    ...cases.flatMap(caseLines),
    "  </testsuite>",
  ];
}

function counts(cases: readonly Case[]): string {
  const of = (verdict: Case["verdict"]): number => cases.filter((one) => one.verdict === verdict).length;
  return `tests="${cases.length}" failures="${of("failed")}" errors="${of("broken")}" skipped="${of("idle")}"`;
}

function caseLines(one: Case): string[] {
  const open = `    <testcase classname=${quoted(`seedstorm.${one.scenario}`)} name=${quoted(`${one.id}: ${one.sentence}`)}`;
  switch (one.verdict) {
    case "held":
      return [`${open}/>`];
    case "idle":
      return [`${open}>`, `      <skipped message=${quoted(one.message)}/>`, "    </testcase>"];
    case "failed":
    case "broken": {
      const tag = one.verdict === "failed" ? "failure" : "error";
      const told = [one.message, ...one.evidence.map((line) => `  ${line}`), ...again(one)].join("\n");
      return [
        `${open}>`,
        `      <${tag} message=${quoted(one.message)} type=${quoted(one.id)}>${text(told)}</${tag}>`,
        "    </testcase>",
      ];
    }
  }
}

function again({ command }: Case): string[] {
  return command === "" ? [] : [`see it: ${command}`];
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Lone surrogates, control characters and the two that are never characters: XML 1.0 has no way to write them. */
const NOT_IN_XML = /\p{Cs}|[^\P{Cc}\t\n\r]|[\ufffe\uffff]/gu;

function text(value: string): string {
  return value.replaceAll(NOT_IN_XML, "\ufffd").replaceAll(/[&<>]/g, (letter) => ENTITIES[letter] ?? letter);
}

/** An attribute's value; line ends in it survive only as references. */
function quoted(value: string): string {
  const escaped = value
    .replaceAll(NOT_IN_XML, "\ufffd")
    .replaceAll(/[&<>"\t\n\r]/g, (letter) => ENTITIES[letter] ?? letter);
  return `"${escaped}"`;
}
