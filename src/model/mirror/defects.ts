/**
 * Planted defects of the mirror, each a protection that can be switched off. RW1 to RW10 are weaknesses of
 * the design that it follows; the others are this house's own, so that no property goes without a defect that
 * it must catch.
 */

export interface MirrorDefect {
  readonly id: string;
  readonly breaks: string;
  readonly caughtBy: readonly string[];
}

export const mirrorDefects: readonly MirrorDefect[] = [
  {
    id: "RW1",
    breaks: "One change among complete states throws the whole batch away, complete states included.",
    caughtBy: ["R4", "R5"],
  },
  {
    id: "RW2",
    breaks:
      "A consumer begins at the start of the log over a store that survived, and puts old states over newer ones.",
    caughtBy: ["R1"],
  },
  {
    id: "RW3",
    breaks: "After a full batch the consumer sleeps before it reads the next one, so it never catches up.",
    caughtBy: ["R6"],
  },
  {
    id: "RW4",
    breaks: "A row that can't be decoded fails every poll from then on.",
    caughtBy: ["R5"],
  },
  {
    id: "RW5",
    breaks: "What the channel or the log doesn't take at once is dropped and never sent again.",
    caughtBy: ["R11"],
  },
  {
    id: "RW6",
    breaks: "The log looks at no epoch, so an old and a promoted primary both write.",
    caughtBy: ["R9"],
  },
  {
    id: "RW7",
    breaks: "Taking a grain out of the directory forgets its epoch.",
    caughtBy: ["R12"],
  },
  {
    id: "RW8",
    breaks: "A state from the future counts as fresh, however old it is.",
    caughtBy: ["R10"],
  },
  {
    id: "RW9",
    breaks: "A promoted cluster begins with its replica as it is, though the log is further.",
    caughtBy: ["R11"],
  },
  {
    id: "RW10",
    breaks: "A shutdown signal that changes nothing stops the consumer.",
    caughtBy: ["R5"],
  },
  {
    id: "RW11",
    breaks: "A change is put into the replica as if it were the whole state.",
    caughtBy: ["R2", "R3"],
  },
  {
    id: "RW12",
    breaks: "A failed read moves the cursor as if its entries had come.",
    caughtBy: ["R7"],
  },
  {
    id: "RW13",
    breaks: "A consumer is shut down while its poll is under way, and applies what comes of it.",
    caughtBy: ["R8"],
  },
  {
    id: "RW14",
    breaks: "What is written to a journal counts before it is synced.",
    caughtBy: ["R1", "R11", "R12"],
  },
];
