/**
 * Moments of a replicated group that come in few runs, or last for less than a disk takes to sync: a change of members that is in a
 * log and not committed, a term that is on a disk before any vote in it. A storm that aims at everything hardly meets them, so that
 * they are for scenarios that are about them.
 */
import { type Moment, moment } from "seedstorm";
import { changesMembers } from "./facts.js";

export const rareReplicationMoments: readonly Moment[] = [
  moment(
    "members-appended",
    "a member has a change of members in its log on the disk; it counts already, and is not committed",
    (event) => {
      if (event.kind !== "durable" || !event.store.startsWith("raft/")) return undefined;
      return event.writes.some(({ value }) => changesMembers(value)) ? event.host : undefined;
    },
  ),
  moment("term-durable", "a member has a new term on its disk, and has given no vote in it", (event) =>
    event.kind === "durable" && event.store.startsWith("vote/") && event.writes[0]?.value === null
      ? event.host
      : undefined,
  ),
];
