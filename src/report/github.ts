/**
 * Annotations as GitHub's runners read them off standard output: a line `::error title=…::…` for each failure, a notice
 * for what was promised and not seen in too few runs to count. Everything that could end the line or the command is
 * escaped as the format asks: https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
 */
import type { Case, Suite } from "./cases.js";

export function githubLines(suites: readonly Suite[]): string[] {
  return suites.flatMap(({ cases }) => cases.flatMap(lineOf));
}

function lineOf(one: Case): string[] {
  switch (one.verdict) {
    case "held":
      return [];
    case "idle":
      return one.id === "promises" ? [annotation("notice", one)] : [];
    case "failed":
    case "broken":
      return [annotation("error", one)];
  }
}

function annotation(level: "error" | "notice", { scenario, id, message, evidence, command }: Case): string {
  const told = [
    message,
    ...evidence.map((line) => `  ${line}`),
    ...(command === "" ? [] : [`see it: ${command}`]),
  ];
  return `::${level} title=${value(`seedstorm ${scenario}: ${id}`)}::${data(told.join("\n"))}`;
}

/** The text of a command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** The value of a property of a command. */
function value(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
