/**
 * Planted defects of the mirror, each a protection that can be switched off. RW1 to RW10 are weaknesses of
 * the design that it follows; the others are this house's own, so that no property goes without a defect that
 * it must catch.
 */
import { type Defect, defect } from "../defect.js";

export const mirrorDefects: readonly Defect[] = [
  defect(
    "RW1",
    ["R4", "R5"],
    "One change among complete states throws the whole batch away, complete states included.",
  ),
  defect(
    "RW2",
    ["R1"],
    "A consumer begins at the start of the log over a store that survived, and puts old states over newer ones.",
  ),
  defect(
    "RW3",
    ["R6"],
    "After a full batch the consumer sleeps before it reads the next one, so it never catches up.",
  ),
  defect("RW4", ["R5"], "A row that can't be decoded fails every poll from then on."),
  defect("RW5", ["R11"], "What the channel or the log doesn't take at once is dropped and never sent again."),
  defect("RW6", ["R9"], "The log looks at no epoch, so an old and a promoted primary both write."),
  defect("RW7", ["R12"], "Taking a grain out of the directory forgets its epoch."),
  defect("RW8", ["R10"], "A state from the future counts as fresh, however old it is."),
  defect("RW9", ["R11"], "A promoted cluster begins with its replica as it is, though the log is further."),
  defect("RW10", ["R5"], "A shutdown signal that changes nothing stops the consumer."),
  defect("RW11", ["R2", "R3"], "A change is put into the replica as if it were the whole state."),
  defect("RW12", ["R7"], "A failed read moves the cursor as if its entries had come."),
  defect(
    "RW13",
    ["R8"],
    "A consumer is shut down while its poll is under way, and applies what comes of it.",
  ),
  defect("RW14", ["R1", "R11", "R12"], "What is written to a journal counts before it is synced."),
];
