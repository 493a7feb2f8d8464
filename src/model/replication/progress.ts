/**
 * A leader's view of one of its followers: what it has for certain, what was sent to it, and what to send next.
 *
 * While it is not known where the logs part, one message at a time probes for it; from then on messages follow each other
 * without waiting. A follower that needs what was compacted away is sent the snapshot.
 */
import type { Micros } from "seedstorm";
import type { MemberRecord } from "./configuration.js";
import { type Entry, hidden } from "./entry.js";
import type { Command } from "./machine.js";
import { keepsContent } from "./membership.js";
import { APPEND, type AppendReply, type Heartbeat, INSTALL_SNAPSHOT } from "./messages.js";
import type { Replica } from "./replica.js";
import {
  BATCH_LIMIT,
  IN_FLIGHT_LIMIT,
  QUORUM_LOST_AFTER,
  RESEND_AFTER,
  RESEND_SNAPSHOT_AFTER,
} from "./settings.js";
import type { Snapshot } from "./snapshot-file.js";

type Mode = "probe" | "stream" | "snapshot";

/** What a message takes of the bandwidth besides its entries. */
const MESSAGE_BYTES = 96;

export class Progress<C extends Command, R> {
  /** Agrees with the leader's log and is stable up to here. */
  match = 0;
  /** The newest of the leader's questions that it has answered. */
  round = 0;
  /** When it was last heard of, on the leader's monotonic clock. */
  heardAt: Micros;

  readonly #replica: Replica<C, R>;
  readonly #term: number;
  #record: MemberRecord;
  #mode: Mode = "probe";
  #next: number;
  /** The end of each message that is under way. */
  #inFlight: number[] = [];
  #probing = false;
  /** When something was last sent that should be acknowledged, or last acknowledged. */
  #movedAt: Micros;

  /** @param term the leader's term of office. */
  constructor(replica: Replica<C, R>, term: number, record: MemberRecord, now: Micros) {
    this.#replica = replica;
    this.#term = term;
    this.#record = record;
    this.#next = replica.log.lastIndex + 1;
    this.heardAt = now;
    this.#movedAt = now;
  }

  get record(): MemberRecord {
    return this.#record;
  }

  /** The same identity in another role. */
  promote(record: MemberRecord): void {
    this.#record = record;
  }

  /** Sends what is due. */
  send(round: number, now: Micros): void {
    const { log, host, snapshot } = this.#replica;
    const limit = host.buggify("raft/small-batches") ? 1 : BATCH_LIMIT;
    while (this.#maySend()) {
      const prevIndex = this.#next - 1;
      const prevTerm = log.termAt(prevIndex);
      if (prevTerm === undefined) {
        if (snapshot !== undefined) this.#sendSnapshot(snapshot, round, now);
        return;
      }
      const some = log.slice(this.#next, limit);
      const entries = keepsContent(this.#record) ? some : some.map(hidden);
      let bytes = MESSAGE_BYTES;
      for (const entry of entries) bytes += entry.bytes.length;
      this.#append(prevIndex, prevTerm, entries, round, bytes);
      if (this.#inFlight.length === 0) this.#movedAt = now;
      const end = prevIndex + entries.length;
      this.#inFlight.push(end);
      if (this.#mode === "probe") this.#probing = true;
      else this.#next = end + 1;
    }
  }

  /** Asks nothing but whether the leader is still followed. */
  ask(round: number): void {
    const prevTerm = this.#replica.log.termAt(this.match);
    if (prevTerm === undefined) this.#append(0, 0, [], round, MESSAGE_BYTES);
    else this.#append(this.match, prevTerm, [], round, MESSAGE_BYTES);
  }

  /** Takes an answer in; true when `match` has moved. */
  onReply(reply: AppendReply, now: Micros): boolean {
    this.heardAt = now;
    if (reply.round > this.round) this.round = reply.round;
    if (reply.ok) {
      if (this.#mode === "probe" && reply.prevIndex === this.#next - 1) this.#streamFrom(reply.prevIndex + 1);
      this.#settle(reply.prevIndex, now);
      return this.#advance(reply.index, now);
    }
    const stale = this.#mode === "probe" ? reply.prevIndex !== this.#next - 1 : reply.prevIndex <= this.match;
    if (!stale && this.#mode !== "snapshot") this.#probeFrom(Math.min(reply.index, this.#next - 1) + 1);
    return false;
  }

  /** Takes a sign of life in; true when `match` has moved. */
  onHeartbeat(heartbeat: Heartbeat, now: Micros): boolean {
    this.heardAt = now;
    return this.#advance(heartbeat.index, now);
  }

  /** Sends again what seems to be lost. */
  tick(now: Micros): void {
    const patience = this.#mode === "snapshot" ? RESEND_SNAPSHOT_AFTER : RESEND_AFTER;
    if (now - this.#movedAt < patience || now - this.heardAt > QUORUM_LOST_AFTER) return;
    if (this.match < this.#replica.log.lastIndex)
      this.#probeFrom(this.#mode === "probe" ? this.#next : this.match + 1);
    this.#movedAt = now;
  }

  #maySend(): boolean {
    switch (this.#mode) {
      case "probe":
        return !this.#probing;
      case "stream":
        return this.#next <= this.#replica.log.lastIndex && this.#inFlight.length < IN_FLIGHT_LIMIT;
      case "snapshot":
        return false;
    }
  }

  #append(
    prevIndex: number,
    prevTerm: number,
    entries: readonly Entry[],
    round: number,
    bytes: number,
  ): void {
    const { host, group, commit } = this.#replica;
    const term = this.#term;
    const { id, contentGeneration } = this.#record;
    host.send(
      APPEND,
      id,
      { group, term, prevIndex, prevTerm, entries, commit, round, contentGeneration },
      bytes,
    );
  }

  #sendSnapshot(snapshot: Snapshot, round: number, now: Micros): void {
    const { host, group } = this.#replica;
    const term = this.#term;
    const { id, contentGeneration } = this.#record;
    this.#mode = "snapshot";
    this.#movedAt = now;
    const shown = keepsContent(this.#record)
      ? snapshot
      : { ...snapshot, state: new Uint8Array(0), digest: 0 };
    const bytes = MESSAGE_BYTES + shown.state.length;
    host.send(INSTALL_SNAPSHOT, id, { group, term, snapshot: shown, round, contentGeneration }, bytes);
  }

  #advance(index: number, now: Micros): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.#movedAt = now;
    if (this.#mode === "stream") this.#next = Math.max(this.#next, index + 1);
    else if (index >= this.#replica.log.base.index) this.#streamFrom(index + 1);
    this.#settle(index, now);
    return true;
  }

  /** Messages that end no further than this are answered, one way or another. */
  #settle(index: number, now: Micros): void {
    let answered = 0;
    while (answered < this.#inFlight.length && (this.#inFlight[answered] as number) <= index) answered++;
    if (answered === 0) return;
    this.#inFlight.splice(0, answered);
    this.#movedAt = now;
  }

  #streamFrom(next: number): void {
    this.#mode = "stream";
    this.#probing = false;
    this.#next = next;
  }

  #probeFrom(next: number): void {
    this.#mode = "probe";
    this.#probing = false;
    this.#next = Math.max(next, this.match + 1);
    this.#inFlight = [];
  }
}
