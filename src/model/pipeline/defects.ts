/**
 * The pipeline's planted defects: protections that can be switched off one at a time, where each of them stands.
 *
 * A name with letters and a number is a known weakness of the design as it is usually described; the others are
 * classics of the trade. Some need company to show: a stale ack needs a redelivery, a forged observation needs
 * somebody who forges one. `GW1` is no switch but a topology (two voters), and `GW10` belongs to the replication.
 */
import { type Defect, defect } from "../defect.js";

export const pipelineDefects: readonly Defect[] = [
  defect(
    "GW2",
    ["G2"],
    "A gateway that takes over a webhook appends it again under a producer key of its own.",
  ),
  defect("GW3", ["G8"], "A payment is captured again under a fresh token when its record comes back."),
  defect("GW4", ["G11"], "Resources take writes from holders whose lease has long passed to another."),
  defect("GW5", ["G2"], "Another payload under a known key is answered with the old offset."),
  defect("GW6", ["G7"], "A late ack takes away the delivery of the worker that has the record now."),
  defect("GW7", ["G10"], "The checkpoint's pointer is moved to an object that only one provider holds."),
  defect("GW8", ["G1", "G3"], "Webhooks are accepted on the word of one disk, and a failover forgets them."),
  defect(
    "GW9",
    ["G11"],
    "The effects store takes writes under an old lease epoch that every other resource refuses.",
  ),
  defect("ack-before-effect", ["G7"], "A record is acked before its effect is recorded."),
  defect(
    "dedupe-without-stored-message",
    ["G3"],
    "A webhook's key is completed with an offset that is only expected, before the record is appended.",
  ),
  defect(
    "dedupe-lost-on-restart",
    ["G2", "G4", "raft-state-machine-safety"],
    "A queue restored from a snapshot has forgotten the producer keys that it knew.",
  ),
  defect(
    "reservation-never-released",
    ["G6", "G14"],
    "The reservation of an owner that fell silent never expires.",
  ),
  defect("check-then-act-on-one-key", ["G16"], "Two owners hold the same key at the same time."),
  defect("cursor-skips", ["G9"], "The cursor jumps over records that nobody acked."),
  defect(
    "checkpoint-ahead-of-effects",
    ["G17"],
    "A checkpoint tells of records as done that are only appended.",
  ),
  defect("checkpoint-regression", ["G17"], "A checkpoint of an older state replaces a newer one."),
  defect("hash-not-verified", ["G10"], "A restore takes whatever bytes an object store gives."),
  defect("cas-on-stale-version", ["G10"], "A save on a stale version overwrites the newer pointer."),
  defect("release-without-owner-check", ["G11"], "Anybody can release the lease that somebody else holds."),
  defect("lease-renewed-after-expiry", ["G11"], "A holder renews a lease that has expired."),
  defect(
    "lease-expiry-by-wall-clock",
    ["G11"],
    "A contender with a fast clock is granted a lease that is held.",
  ),
  defect(
    "fence-greater-than-or-equal",
    ["G11"],
    "The fence is off by one and lets the former holder through.",
  ),
  defect("poison-loops-for-ever", ["G6", "G15"], "A record that nobody can process is delivered for ever."),
  defect(
    "delivery-count-lost-on-leader-change",
    ["G15"],
    "A change of leader makes the queue forget how often records were delivered.",
  ),
  defect(
    "visibility-timer-started-at-append",
    ["G15"],
    "A delivery's time runs from the append of its record: it ends before the worker had it for long.",
  ),
  defect("delivery-never-expires", ["G6"], "A delivery whose worker fell silent stays with it for ever."),
  defect("redelivery-while-held", ["G15"], "A record that a worker holds is handed to a second one."),
  defect(
    "placement-checked-at-group-creation-only",
    ["G5"],
    "Polls are served wherever they come from, whatever the group's placement says.",
  ),
  defect("placement-widened-by-observation", ["G12"], "The loss of a provider widens a group's placement."),
  defect("unsigned-observation-accepted", ["G12"], "Observations count without their signer's signature."),
  defect("replayed-observation-accepted", ["G12"], "An observation that was seen before counts again."),
];
