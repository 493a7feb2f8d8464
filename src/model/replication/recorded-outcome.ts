/** How clients of replicated groups record what came of a call: the four ways in which it can end, as three phases of the history. */
import type { Json, RecordOutcome } from "seedstorm";

/** What a client knows of a command when it stops asking. */
type Outcome<R> =
  | { readonly status: "ok"; readonly value: R }
  | { readonly status: "refused"; readonly reason: string }
  | { readonly status: "unavailable" }
  | { readonly status: "unknown" };

/** Nobody answered, so that it may have been done. */
export const NO_ANSWER: Json = { reason: "no-answer" };
const UNAVAILABLE: Json = { reason: "unavailable" };

/** @param shown what is recorded of the answer. */
export function recordOutcome<R>(
  record: RecordOutcome,
  outcome: Outcome<R>,
  shown: (value: R) => Json,
): void {
  switch (outcome.status) {
    case "ok":
      record("ok", shown(outcome.value));
      break;
    case "refused":
      record("fail", { reason: outcome.reason });
      break;
    case "unavailable":
      record("fail", UNAVAILABLE);
      break;
    case "unknown":
      record("info", NO_ANSWER);
  }
}
