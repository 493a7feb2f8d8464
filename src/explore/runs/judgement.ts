/**
 * When a run has failed: when it violates a property that its scenario does not declare as a weakness of what
 * it shows. What is declared is reported, and fails nothing.
 */
import type { Outcome, Scenario } from "../../storm/scenario.js";

/** Violations that the scenario doesn't declare: what a run fails by. */
export function undeclared<V extends { readonly property: string }>(
  { violations }: { readonly violations: readonly V[] },
  { expectedViolations }: Pick<Scenario, "expectedViolations">,
): readonly V[] {
  return violations.filter(({ property }) => !expectedViolations.includes(property));
}

/** Whether the run counts as failed. */
export function hasFailed(outcome: Outcome, scenario: Scenario): boolean {
  if (outcome.violations.length === 0) return outcome.verdict === "violated";
  return undeclared(outcome, scenario).length > 0;
}
