/** What a campaign over a store should have seen happen: goals, by the names under which they are counted. */
export const STORAGE_GOALS = {
  conflict: "store: transaction refused for a conflict",
  commitRepeated: "store: repeated commit answered as the first",
  compacted: "store: log compacted",
  /** A failed fsync: the log was begun anew. */
  rewritten: "store: log rewritten after a failed fsync",
  /** One of the two copies had what the other lacked. */
  copyRepaired: "store: a copy repaired from the other",
  /** A transaction that was durable when the host crashed was recorded after its restart. */
  recordedLate: "store: transaction recorded after a restart",
  full: "store: refused because it was full",
} as const;
