/** What must hold of every replication group: Raft's own safety. */
import type { Property } from "./property.js";
import { electionSafety, termMonotone, voteOnce } from "./raft/elections.js";
import { commitHeld } from "./raft/holding.js";
import { commitMonotone, leaderCompleteness, logMatching } from "./raft/log.js";
import { stateMachineSafety } from "./raft/machine.js";
import { oneChangeAtATime } from "./raft/members.js";

export const raftProperties: readonly Property[] = [
  electionSafety,
  voteOnce,
  termMonotone,
  logMatching,
  leaderCompleteness,
  commitMonotone,
  commitHeld,
  oneChangeAtATime,
  stateMachineSafety,
];
