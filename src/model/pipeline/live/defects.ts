/** Defects of the client that stands on JetStream's own queue and buckets. No simulation has it: only drills plant them. */
import { type Defect, defect } from "seedstorm";

export const liveDefects: readonly Defect[] = [
  defect(
    "lost-race-is-in-progress",
    ["key-answers-have-a-state", "lin-idempotency"],
    "A reservation that loses the race for its key is answered `in-progress` at once, without a look at who won.",
  ),
  defect(
    "retry-under-a-fresh-message-id",
    ["one-record-per-key", "lin-queue"],
    "An append that was not answered is published again under another message id.",
  ),
];
