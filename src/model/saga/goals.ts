/**
 * What a campaign over the saga engine should have seen happen: goals, by the names under which they are
 * counted.
 */
export const GOALS = {
  completed: "saga: completed",
  rolledBack: "saga: rolled back",
  /** A compensation was given up, and the run waits for a human. */
  failed: "saga: failed",
  /** A cancel was seen before any step had begun. */
  cancelledUnstarted: "saga: cancelled before its first step",
  cancelledUnderWay: "saga: cancelled under way",
  cancelTooLate: "saga: cancel too late",
  /** A runner took over a run whose runner had died. */
  rescued: "saga: run rescued",
  /** A runner resumed a step that had been begun before. */
  resumedForward: "saga: step resumed",
  resumedBackward: "saga: compensation resumed",
  /** The cloud was asked what had become of a call, and had applied it. */
  foundApplied: "saga: found applied by token",
  /** Nobody knew what had become of a call, and it was compensated with the rest. */
  ambiguous: "saga: ambiguous step compensated",
  /** A compensation came before what it compensates, which was refused when it came. */
  lateCallRefused: "saga: late call refused by the cloud",
  replayed: "saga: repeated call recognised by the cloud",
  stepRaised: "saga: step raised",
  compensationRetried: "saga: compensation retried",
  compensationGivenUp: "saga: compensation given up",
  cleanedUp: "saga: leftovers of a failed run removed",
  claimLost: "saga: claim lost to another runner",
  leaseLost: "saga: lease lost",
  /** The database refused what a runner wrote under a lease that was over. */
  fenced: "saga: write under an old lease refused",
  /** A second job of a run waited while the first was executed. */
  secondJobWaited: "saga: second job waited",
  handedBack: "saga: run handed back for a deploy",
  /** A module that this version doesn't know was left to another runner. */
  unknownModule: "saga: unknown module left to another runner",
  /** A module was found under the name that it had before. */
  oldName: "saga: renamed module resolved",
  startReplayed: "saga: repeated start answered as the first",
  deploymentBusy: "saga: start refused while another run has the deployment",
  driftFound: "saga: drift found",
  driftCleared: "saga: drift cleared",
} as const;
