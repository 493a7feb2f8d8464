/**
 * What a campaign over the mirror should have seen happen: goals, by the names under which they are counted.
 */
export const GOALS = {
  /** A secondary took a grain over because its primary could not be reached. */
  promoted: "mirror: secondary promoted",
  /** A write was acknowledged by a cluster that had been promoted. */
  writtenAfterPromotion: "mirror: write acknowledged after a promotion",
  /** The log refused an append of an older epoch. */
  fenced: "mirror: old primary fenced",
  /** A promotion found entries in the log that its replica had not. */
  caughtUp: "mirror: promotion caught up with the log",
  /** A batch was full and the next one was read at once. */
  polledAgain: "mirror: full batch polled again",
  deltaFolded: "mirror: delta folded",
  /** A change did not follow the replica's state, and a snapshot was read instead. */
  resynchronised: "mirror: gap resynchronised from a snapshot",
  /** A change was left alone because changes are not replayed. */
  deltaPassed: "mirror: delta passed over with an alarm",
  undecodablePassed: "mirror: undecodable row passed over",
  /** The channel was full, and what waited for a grain was merged into its newest state. */
  coalesced: "mirror: pending changes coalesced",
  appendRetried: "mirror: append retried",
  /** A retried append was found in the log. */
  appendFound: "mirror: append found done",
  /** An entry in the way: the producer took a later sequence. */
  resequenced: "mirror: producer took a later sequence",
  freshRead: "mirror: fresh read served",
  staleRead: "mirror: stale read refused",
  /** A consumer began where the store of an earlier life had got to. */
  resumed: "mirror: consumer resumed from its store",
  registeredAgain: "mirror: grain registered again",
  truncated: "mirror: log truncated",
  signalIgnored: "mirror: signal without a change ignored",
  stopped: "mirror: consumer shut down",
  storeDiscarded: "mirror: damaged store discarded",
  /** A failed fsync: everything was written anew. */
  journalRewritten: "mirror: journal rewritten after a failed fsync",
} as const;
