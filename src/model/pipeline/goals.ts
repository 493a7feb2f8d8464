/** What a campaign over the pipeline should have seen happen: goals, by the names under which they are counted. */
export const GOALS = {
  /** A duplicate webhook got the offset of the first. */
  duplicateReplayed: "duplicate webhook replayed",
  /** Another payload under a known key was refused. */
  conflictRefused: "conflict refused",
  /** A webhook that is no acceptable order was refused. */
  webhookRefused: "bad webhook refused",
  /** A gateway or a worker took over a key whose reservation had expired. */
  takenOver: "reservation taken over",
  /** Whoever took a key over did not finish either, and another one took it over from there. */
  takenOverAgain: "reservation taken over again",
  redelivery: "redelivery",
  /** A delivery was kept alive past the first third of its time. */
  heartbeat: "heartbeat",
  /** A redelivered record's effect was found done, and not done again. */
  effectFoundDone: "effect found done",
  /** The payment service knew the token: an earlier reply had been lost. */
  paymentRetried: "payment retried",
  paymentDeclined: "payment declined",
  /** An ack for a delivery that was over was refused. */
  staleAckRefused: "stale ack refused",
  placementDenied: "placement denied",
  deadLetter: "dead letter",
  redriven: "dead letters redriven",
  leaseChangedHands: "lease changed hands",
  /** A holder released the lease by itself. */
  leaseHandedOver: "lease handed over",
  /** A holder that had been overtaken was refused by its epoch. */
  holderFenced: "stale holder fenced",
  checkpointSaved: "checkpoint saved",
  checkpointRestored: "checkpoint restored",
  /** A checkpoint was restored from another provider's store than the first. */
  checkpointFromCopy: "checkpoint restored from another copy",
  observationCommitted: "observation committed",
  /** The observers' common view of a domain changed. */
  resourceEvent: "resource event",
  observationRefused: "observation refused",
  drained: "host drained",
  /** An operator put one replica host in the place of another. */
  replicaReplaced: "replica replaced",
} as const;
