/** What a campaign over the actor layer should have seen happen: goals, by the names under which they are counted. */
export const GOALS = {
  actorCrashed: "actor: crashed",
  callCrashed: "actor: call cut off by a crash",
  callTimedOut: "actor: call timed out",
  childRestarted: "supervisor: child restarted",
  siblingsRestarted: "supervisor: siblings restarted with it",
  supervisorEscalated: "supervisor: too many restarts",
  breakerOpened: "breaker: opened",
  breakerRefused: "breaker: call refused",
  breakerClosed: "breaker: closed again",
  breakerHalfOpenExpired: "breaker: half-open for too long",
  breakerLateOutcome: "breaker: outcome of an earlier generation",
} as const;
