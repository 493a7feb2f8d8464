/** What waits to get into a leader's log, or to be committed there. */
import type { Command, Proposed, Session } from "./machine.js";
import type { MembershipChange } from "./membership.js";
import { FORGOTTEN, type Outcome } from "./sessions.js";

/** How a change of members came out. */
export type MembershipChanged =
  | { readonly ok: true; readonly generation: number }
  /** `busy`: another change is under way. `invalid`: it makes no sense in this configuration. */
  | { readonly ok: false; readonly reason: "not-leader" | "unavailable" | "unknown" | "busy" | "invalid" };

/** Without a `resolve` nobody waits for the outcome. */
export type Proposal<R> =
  | { readonly kind: "noop" }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly session: Session | undefined;
      readonly resolve: ((answer: Proposed<R>) => void) | undefined;
    }
  | {
      readonly kind: "change";
      readonly change: MembershipChange;
      readonly resolve: ((answer: MembershipChanged) => void) | undefined;
    };

export type Refusal = "not-leader" | "unavailable" | "unknown" | "busy" | "invalid";

export function answerOf<R>(outcome: Outcome): Proposed<R> {
  if (outcome === FORGOTTEN) return { ok: false, reason: "unknown" };
  return { ok: true, index: outcome.index, term: outcome.term, result: outcome.result as R }; // this group's result
}

export function refuse<R>(proposal: Proposal<R>, reason: Refusal): void {
  if (proposal.kind === "change") proposal.resolve?.({ ok: false, reason });
  else if (proposal.kind === "command") proposal.resolve?.(refusalOf(reason));
}

function refusalOf<R>(reason: Refusal): Proposed<R> {
  switch (reason) {
    case "not-leader":
      return { ok: false, reason, leader: undefined };
    case "unavailable":
      return { ok: false, reason };
    case "unknown":
    case "busy":
    case "invalid":
      return { ok: false, reason: "unknown" };
  }
}
