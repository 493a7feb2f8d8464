/** What a group consists of, as data: it stands in log entries, snapshots and messages. */

/**
 * A voter stores everything, votes and may lead. A witness votes and stores what the log is made of but not the commands, and never
 * leads. A learner stores everything and has no vote.
 */
export type MemberRole = "voter" | "learner" | "witness";

export interface MemberRecord {
  readonly id: string;
  readonly role: MemberRole;
  readonly contentGeneration: number;
  /** The incarnation of the host that this content generation began with. */
  readonly incarnation: number;
  /** What a learner is promoted to once it has caught up; without it, it stays a learner. */
  readonly seat?: "voter" | "witness";
}

export interface Configuration {
  /** 1 for the first configuration, one more with each change. */
  readonly generation: number;
  readonly members: readonly MemberRecord[];
}
