/** Whether a repro still shows what it was written for: the same failure, the same failure on another trace, or none. */
import type { Outcome } from "../../storm/scenario.js";
import type { Repro } from "../formats/repro-file.js";
import { versions } from "../formats/versions.js";
import { signatureOf } from "./run-plan.js";

export type ReplayVerdict =
  /** A bare plan: there was nothing to compare. */
  "ran" | "fails-the-same" | "fails-on-another-trace" | "fails-otherwise" | "no-longer-fails";

export interface Comparison {
  readonly verdict: ReplayVerdict;
  /** One sentence or two; empty for a bare plan. */
  readonly sentence: string;
}

export function compare({ expected }: Repro, outcome: Outcome): Comparison {
  if (expected === undefined) return { verdict: "ran", sentence: "" };
  const { property, signature, traceHash } = expected;
  const same = outcome.violations.some(
    (violation) => violation.property === property && signatureOf(violation, outcome.history) === signature,
  );
  if (same && outcome.traceHash === traceHash) {
    return {
      verdict: "fails-the-same",
      sentence: `It still violates ${property} in the same way, with the same trace hash.`,
    };
  }
  if (same) {
    return {
      verdict: "fails-on-another-trace",
      sentence: `It still violates ${property} in the same way, but on another trace: the hash is ${outcome.traceHash} and was ${traceHash}. ${whyChanged(expected.versions)}`,
    };
  }
  const others = [...new Set(outcome.violations.map((violation) => violation.property))];
  if (others.length > 0) {
    const how = others.includes(property) ? "by another kind of evidence" : `but ${others.join(", ")}`;
    return {
      verdict: "fails-otherwise",
      sentence: `It no longer violates ${property} in the same way, ${how}. ${whyChanged(expected.versions)}`,
    };
  }
  return {
    verdict: "no-longer-fails",
    sentence: `It no longer fails: ${property} holds now. ${whyChanged(expected.versions)}`,
  };
}

function whyChanged(made: { readonly seedstorm: string; readonly node: string }): string {
  const now = versions();
  if (made.seedstorm === now.seedstorm) return "The code has changed since the file was written.";
  return `The file was written by seedstorm ${made.seedstorm}, and this is ${now.seedstorm}.`;
}
