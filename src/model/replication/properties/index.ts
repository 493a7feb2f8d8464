/** What must hold of every replication group: Raft's own safety. */
import type { Property } from "seedstorm/check";
import { electionSafety, termMonotone, voteOnce } from "./elections.js";
import { commitHeld } from "./holding.js";
import { commitMonotone, leaderCompleteness, logMatching } from "./log.js";
import { stateMachineSafety } from "./machine.js";
import { oneChangeAtATime } from "./members.js";
import { membersAreWhatTheyShouldBe, replicasCatchUp, votesComeBack } from "./recovery.js";

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

/** What else must hold where groups are founded by the hosts whose roles say so: that they recover. */
export const raftRecoveryProperties: readonly Property[] = [
  replicasCatchUp,
  membersAreWhatTheyShouldBe,
  votesComeBack,
];
