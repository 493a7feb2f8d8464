/**
 * The times and sizes that replication works with. Between providers a message takes 45 ms one way, now and then ten
 * times as long: everything that waits for a sign of life waits for several of them.
 */
import { MILLISECOND, type Micros } from "seedstorm";

/** All groups of a host are looked after together, once in a time drawn from this range. */
export const TICK: readonly [Micros, Micros] = [500 * MILLISECOND, 600 * MILLISECOND];

/** A follower that heard nothing from a leader for a time drawn from this range stands for election. */
export const ELECTION_TIMEOUT: readonly [Micros, Micros] = [1_500 * MILLISECOND, 3_000 * MILLISECOND];

/** On a host's first boot nobody has led yet and there is nothing to wait for. */
export const FIRST_ELECTION_TIMEOUT: readonly [Micros, Micros] = [0, 1_000 * MILLISECOND];

/** A leader that heard nothing from a majority for so long steps down. */
export const QUORUM_LOST_AFTER: Micros = 2_200 * MILLISECOND;

/** A leader whose log file takes so long steps down; nobody stands for election with such a disk. */
export const DISK_STALLED_AFTER: Micros = 1_000 * MILLISECOND;

/** Entries that were sent and not acknowledged for so long are sent again. */
export const RESEND_AFTER: Micros = 700 * MILLISECOND;

/** Snapshots are large: they are sent again only after so long. */
export const RESEND_SNAPSHOT_AFTER: Micros = 3_000 * MILLISECOND;

/** A leader that hands over waits so long for its successor, and then goes on. */
export const TRANSFER_TIMEOUT: Micros = 1_500 * MILLISECOND;

/** Entries in one message. */
export const BATCH_LIMIT = 64;

/** Messages to one follower that may be unanswered. */
export const IN_FLIGHT_LIMIT = 16;

/** Requests that may wait for their outcome before more are refused. */
export const PROPOSALS_LIMIT = 2_048;

/** Entries that are kept behind a snapshot, so that a follower that lags a little needs none. */
export const ENTRIES_KEPT = 32;

/** A learner that lags by no more than this is caught up. */
export const CAUGHT_UP_WITHIN = 16;

/** A snapshot is taken after so many entries. Overruled by the group's own setting and the knob `raft.snapshotEvery`. */
export const SNAPSHOT_EVERY = 256;

/** A candidate that was not elected tries again after a time drawn from this range. */
export const RETRY_ELECTION_AFTER: readonly [Micros, Micros] = [600 * MILLISECOND, 1_500 * MILLISECOND];

/** At most so many bytes of snapshot are written for each entry that is logged. */
export const STATE_BYTES_PER_ENTRY = 256;

/** A member that found its disk full does not stand for election for so long. */
export const DISK_FULL_FOR: Micros = 3_000 * MILLISECOND;

/** How long until the disk is tried again after it failed. */
export const DISK_RETRY_AFTER: Micros = 300 * MILLISECOND;
