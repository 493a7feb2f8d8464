/**
 * Classic mistakes, one at a time by the environment's `FLAW`, so that you can watch a storm find each of them. A shop of
 * your own has none of these switches, and perhaps some of the mistakes.
 */
export const FLAWS = [
  "check-then-act",
  "no-outbox",
  "answer-before-commit",
  "no-idempotency-key",
  "no-error-listener",
  "unknown-taken-for-failed",
] as const;

export type Flaw = (typeof FLAWS)[number];

export function has(flaw: Flaw): boolean {
  return process.env.FLAW === flaw;
}
