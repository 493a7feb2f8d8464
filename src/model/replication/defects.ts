/**
 * The planted defects of replication: protections that can be switched off one at a time, where each of them stands.
 *
 * Some wait for a rare constellation, and storms are built so that it is not rare: a forgotten vote needs two candidates in one
 * term and a restart between their requests, a lost acknowledgement the loss of power everywhere or one after the
 * other, bad content a disk that rots while nobody looks. One more switch, `read-from-cut-off-leader`, stands in the
 * read barrier and is not listed here: no fact tells what a read has returned, so no property could catch it.
 */
import { type Defect, defect } from "../defect.js";

/** What is committed can be lost, and is replaced by something else. */
const COMMITTED_LOST = ["raft-commit-held", "raft-leader-completeness", "raft-state-machine-safety"];

export const replicationDefects: readonly Defect[] = [
  defect(
    "vote-not-persisted",
    ["raft-vote-once", "raft-election-safety"],
    "A member that restarts votes again in a term in which it has voted.",
  ),
  defect(
    "term-not-persisted",
    ["raft-term-monotone", "raft-vote-once", "raft-election-safety"],
    "A member that restarts falls back to an older term.",
  ),
  defect(
    "epoch-reused-after-restart",
    ["raft-election-safety"],
    "A candidate that has voted for itself before stands again in the same term, and leads it twice.",
  ),
  defect(
    "election-without-up-to-date-check",
    COMMITTED_LOST,
    "A candidate gets votes of members that have more in their logs than itself.",
  ),
  defect(
    "commit-older-term-by-counting",
    [...COMMITTED_LOST, "raft-commit-monotone"],
    "An entry of an older term counts as committed as soon as a majority has it.",
  ),
  defect(
    "truncate-on-stale-append",
    COMMITTED_LOST,
    "A follower cuts its log behind every message, also behind one that comes late.",
  ),
  defect(
    "deposed-leader-goes-on-writing",
    COMMITTED_LOST,
    "A leader ignores that there is a later term, and its followers go on taking its entries.",
  ),
  defect(
    "membership-two-majorities",
    COMMITTED_LOST,
    "The group's members change again before the change before is committed.",
  ),
  defect(
    "ack-before-fsync",
    COMMITTED_LOST,
    "Entries are acknowledged while they are in the page cache only.",
  ),
  defect(
    "ack-unsynced-after-fsync-failure",
    COMMITTED_LOST,
    "An fsync that failed is taken for one that succeeded.",
  ),
  defect(
    "checksum-not-verified",
    ["raft-state-machine-safety"],
    "What the disk gives back is taken for what was written.",
  ),
  defect(
    "stale-content-generation-counted",
    COMMITTED_LOST,
    "A member that lost its content votes and acknowledges as if it still had it.",
  ),
];
