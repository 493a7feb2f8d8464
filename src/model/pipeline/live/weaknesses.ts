/**
 * What the pipeline's properties ask for and JetStream does not promise. Each of these properties may be found violated in a drill on
 * JetStream's own queue and buckets; whatever else is, is a finding.
 */
import type { Weakness } from "seedstorm/live";

const STALE_WORD =
  "A consumer takes the word of whoever was handed something at any time, and refuses nobody whose delivery is over.";
const UNHEARD = "A delivery that reaches nobody counts, and may end at once.";
const ADVISORIES = "That something is a dead letter is published once, and nobody waits until it is stored.";
const FENCE =
  "Only the lease and the pointer have a fence: streams and other keys take a late holder's writes.";
const READS = "A read is answered by who leads the stream, or led it and does not know that this is over.";

export const WEAKNESSES: readonly Weakness[] = [
  { property: "exclusive-delivery", because: `${STALE_WORD} ${UNHEARD}` },
  { property: "no-ack-before-effect", because: STALE_WORD },
  { property: "lin-queue", because: `${STALE_WORD} ${FENCE} ${READS}` },
  { property: "lin-idempotency", because: `${READS} ${FENCE}` },
  { property: "lin-lease", because: READS },
  { property: "lin-checkpoint", because: READS },
  { property: "every-record-is-acked", because: ADVISORIES },
  { property: "checkpoint-behind-cursor", because: ADVISORIES },
  {
    property: "upkeep-follows-the-cursor",
    because:
      "A stream keeps a message whole or not at all: nothing of it is trimmed that may still be read back.",
  },
];
