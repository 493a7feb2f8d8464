/**
 * One term of office: what a member does while it leads, from its first entry to the day it steps down.
 *
 * Requests wait until the log file is free, go into the log together, are written and sent at the same time,
 * and are committed when a majority of those with a vote has them stable, the leader's own disk counting like
 * any other. Only entries of the leader's own term are committed by counting. Whoever waits when the leader's
 * term ends is told so: what never got into the log certainly did not happen; of the rest nobody knows.
 */
import type { Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Configuration, MemberRecord } from "./configuration.js";
import { DeadlineWatch } from "./deadlines.js";
import { type Entry, makeEntry, type Payload } from "./entry.js";
import { recordCommit, recordMembership } from "./facts.js";
import type { Command, Proposed, Session } from "./machine.js";
import { changed, hasVote, type MembershipChange, memberOf, quorumOf } from "./membership.js";
import { ADMIT, type AppendReply, type Heartbeat, type Rejoin, TIMEOUT_NOW } from "./messages.js";
import { Progress } from "./progress.js";
import { answerOf, type MembershipChanged, type Proposal, refuse } from "./proposal.js";
import { ReadBarriers } from "./read-barriers.js";
import type { Office, Replica } from "./replica.js";
import type { Outcome } from "./sessions.js";
import {
  BATCH_LIMIT,
  CAUGHT_UP_WITHIN,
  DISK_STALLED_AFTER,
  PROPOSALS_LIMIT,
  QUORUM_LOST_AFTER,
  TRANSFER_TIMEOUT,
} from "./settings.js";

export class Leadership<C extends Command, R> implements Office {
  readonly #replica: Replica<C, R>;
  readonly #term: number;
  readonly #stepDown: () => void;
  readonly #answersFast: boolean;
  readonly #followers = new Map<string, Progress<C, R>>();
  readonly #barriers = new ReadBarriers();
  readonly #deadlines: DeadlineWatch<C>;
  /** Not in the log yet. */
  #pending: Proposal<R>[] = [{ kind: "noop" }];
  /** In the log, by index. */
  readonly #waiting = new Map<number, Proposal<R>>();
  /** Barriers that were asked for before anything of this term was committed. */
  #early: ((holds: boolean) => void)[] = [];
  /** Index of the first entry of this term. */
  #firstIndex = Number.POSITIVE_INFINITY;
  #ready = false;
  #ended = false;
  /** Answered before they were committed up to here: only where the group asks for that. */
  #answeredUpTo = 0;
  /** For `#quorumOf`, which is asked for every message: what has been reached, the highest first. */
  readonly #values: number[] = [];
  #transfer: { readonly to: string; readonly until: Micros; asked: boolean } | undefined;

  /**
   * @param answersFast whether requests are answered as soon as they are stable on this member's own disk.
   * @param stepDown ends the office, and calls `end`.
   */
  constructor(replica: Replica<C, R>, term: number, answersFast: boolean, stepDown: () => void) {
    this.#replica = replica;
    this.#term = term;
    this.#answersFast = answersFast;
    this.#stepDown = stepDown;
    this.#deadlines = new DeadlineWatch(replica.host, (command) => {
      if (this.#ended) return true;
      this.#pending.push({ kind: "command", command, session: undefined, resolve: undefined });
      this.flush();
      return true;
    });
    this.#followMembers();
  }

  /** Begins with an entry of its own, which tells everybody who leads. */
  begin(): void {
    this.flush();
  }

  propose(command: C, session: Session | undefined, resolve: (answer: Proposed<R>) => void): void {
    const known = session && this.#replica.find(session);
    if (known !== undefined) {
      resolve(answerOf<R>(known));
      return;
    }
    if (this.#transfer !== undefined || this.#pending.length + this.#waiting.size >= PROPOSALS_LIMIT) {
      resolve({ ok: false, reason: "unavailable" });
      return;
    }
    this.#pending.push({ kind: "command", command, session, resolve });
    this.flush();
  }

  change(change: MembershipChange, resolve: ((answer: MembershipChanged) => void) | undefined): void {
    this.#pending.push({ kind: "change", change, resolve });
    this.flush();
  }

  /** True once the office is confirmed and everything committed by now is applied. */
  readBarrier(resolve: (holds: boolean) => void): void {
    if (!this.#ready) {
      this.#early.push(resolve);
      return;
    }
    const confirm = !this.#replica.host.defect("read-from-cut-off-leader");
    if (this.#barriers.add(this.#replica.commit, confirm, resolve)) this.#ask();
    this.#serveReads();
  }

  /** Hands the office to another voter; false when that one is none. Requests are refused meanwhile. */
  transferTo(to: string): boolean {
    const follower = this.#followers.get(to);
    if (follower?.record.role !== "voter") return false;
    this.#transfer = { to, until: this.#replica.host.clock.monotonic() + TRANSFER_TIMEOUT, asked: false };
    this.#handOver();
    return true;
  }

  /** Puts into the log what waits for it, as far as the log file is free. */
  flush(): void {
    const { storage, log, host } = this.#replica;
    if (storage.busy || this.#pending.length === 0 || this.#ended) return;
    const batch = this.#pending.splice(0, host.buggify("raft/small-batches") ? 1 : BATCH_LIMIT);
    const before = log.lastIndex;
    const taken: Proposal<R>[] = [];
    for (const proposal of batch) {
      const payload = this.#payloadOf(proposal);
      if (payload === undefined) continue;
      this.#append(payload);
      taken.push(proposal);
    }
    if (!storage.flush()) {
      this.#replica.cutAfter(before);
      for (const proposal of taken) refuse(proposal, "unavailable");
      this.#stepDown();
      return;
    }
    invariant(log.lastIndex === before + taken.length, "a batch stands in the log in one piece");
    for (const [i, proposal] of taken.entries()) this.#waiting.set(before + 1 + i, proposal);
    if (this.#firstIndex > before + 1 && taken.length > 0) this.#firstIndex = before + 1;
    this.#sendAll();
    this.#advanceCommit(); // with a single voter its own word is enough
  }

  /** This member's own disk has got further. */
  onStable(): void {
    if (this.#answersFast) this.#answerBeforeCommit();
    this.#advanceCommit();
  }

  onAppendReply(reply: AppendReply, from: string): void {
    const follower = this.#followers.get(from);
    if (follower === undefined || !this.#isItself(follower, reply.contentGeneration)) return;
    const moved = follower.onReply(reply, this.#now());
    if (moved) this.#onMatch(follower);
    if (this.#ended) return;
    if (this.#barriers.asking) {
      if (this.#barriers.onConfirmed(this.#confirmedRound())) this.#ask();
      this.#serveReads();
    }
    this.#send(follower);
  }

  onHeartbeat(heartbeat: Heartbeat, from: string): void {
    const follower = this.#followers.get(from);
    if (follower === undefined || !this.#isItself(follower, heartbeat.contentGeneration)) return;
    if (follower.onHeartbeat(heartbeat, this.#now())) this.#onMatch(follower);
    if (!this.#ended) this.#send(follower);
  }

  /** A host whose member lost what it had acknowledged wants to be taken out and in again. */
  onRejoin(rejoin: Rejoin, from: string): void {
    const { host, group, configurations, commit } = this.#replica;
    const term = this.#term;
    const member = memberOf(configurations.current, from);
    if (member === undefined || member.incarnation > rejoin.incarnation) return;
    if (member.incarnation < rejoin.incarnation) {
      const { incarnation } = rejoin;
      if (this.#mayChange()) this.change({ kind: "readmit", id: from, incarnation }, undefined);
    } else if (configurations.index <= commit) {
      const { contentGeneration, incarnation } = member;
      host.send(ADMIT, from, { group, term, incarnation, contentGeneration });
    }
  }

  /** The regular look at everything. False when the office must end. */
  tick(now: Micros): boolean {
    if (!this.#isConfirmed(now)) return false;
    if (this.#replica.storage.busyFor(now) > DISK_STALLED_AFTER) return false;
    if (this.#transfer !== undefined && now > this.#transfer.until) this.#callOff();
    if (this.#barriers.asking) this.#ask();
    for (const follower of this.#followers.values()) {
      follower.tick(now);
      this.#send(follower);
      this.#promoteWhenCaughtUp(follower);
    }
    return true;
  }

  /** Gives this leader's sign of life to every other member. */
  heartbeat(give: (to: string, heartbeat: Heartbeat) => void): void {
    const { group, commit } = this.#replica;
    const term = this.#term;
    for (const { record, match } of this.#followers.values()) {
      const { id, contentGeneration } = record;
      give(id, { group, term, leads: true, index: Math.min(commit, match), contentGeneration });
    }
  }

  /** An entry was applied while this member leads. */
  onApplied(entry: Entry, outcome: Outcome | undefined): void {
    const { index, term, payload } = entry;
    if (index >= this.#firstIndex) this.#ready = true;
    const proposal = this.#waiting.get(index);
    const isOwn = proposal === undefined || term === this.#term;
    invariant(isOwn, "whoever waits at an index waits for an entry of this term");
    this.#waiting.delete(index);
    if (payload.kind === "members") this.#onMembersCommitted(payload.configuration, index, term);
    if (proposal?.kind === "command" && proposal.resolve !== undefined && outcome !== undefined) {
      proposal.resolve(answerOf<R>(outcome));
    } else if (proposal?.kind === "change" && proposal.resolve !== undefined && payload.kind === "members") {
      proposal.resolve({ ok: true, generation: payload.configuration.generation });
    }
  }

  /** All that is committed is applied. */
  afterApply(): void {
    if (this.#ended || !this.#ready) return;
    this.#deadlines.refresh(this.#replica.machine.deadlines());
    const early = this.#early;
    this.#early = [];
    for (const resolve of early) this.readBarrier(resolve);
    this.#serveReads();
  }

  /** Leadership is over: everybody who waits is told as much as is known. */
  end(): void {
    invariant(!this.#ended, "an office ends once");
    this.#ended = true;
    if (this.#transfer?.asked === true) this.#replica.host.reached("raft: handed-over");
    this.#deadlines.stop();
    for (const proposal of this.#pending) refuse(proposal, "not-leader");
    for (const proposal of this.#waiting.values()) refuse(proposal, "unknown");
    for (const resolve of this.#early) resolve(false);
    for (const { resolve } of this.#barriers.takeAll()) resolve(false);
    this.#pending = [];
    this.#waiting.clear();
    this.#early = [];
  }

  #now(): Micros {
    return this.#replica.host.clock.monotonic();
  }

  #payloadOf(proposal: Proposal<R>): Payload | undefined {
    switch (proposal.kind) {
      case "noop":
        return NOOP;
      case "command":
        return { kind: "command", command: proposal.command, session: proposal.session };
      case "change": {
        const configuration = this.#mayChange()
          ? changed(this.#replica.configurations.current, proposal.change)
          : undefined;
        if (configuration !== undefined) return { kind: "members", configuration };
        refuse(proposal, this.#mayChange() ? "invalid" : "busy");
        return undefined;
      }
    }
  }

  /** One change at a time, and none before this leader knows that its own configuration is the committed one. */
  #mayChange(): boolean {
    const settled = this.#ready && this.#replica.configurations.index <= this.#replica.commit;
    return settled || this.#replica.host.defect("membership-two-majorities");
  }

  #append(payload: Payload): void {
    invariant(!this.#ended, "nothing is appended when the office is over");
    const { index, chain } = this.#replica.log.last;
    this.#replica.append(makeEntry(index + 1, this.#term, payload, chain));
    if (payload.kind === "members") this.#followMembers();
  }

  /** One follower for each identity in the configuration. */
  #followMembers(): void {
    const { configurations, host } = this.#replica;
    const now = this.#now();
    for (const id of this.#followers.keys()) {
      if (memberOf(configurations.current, id) === undefined) this.#followers.delete(id);
    }
    for (const member of configurations.current.members) {
      if (member.id === host.id) continue;
      const known = this.#followers.get(member.id);
      if (known?.record.contentGeneration === member.contentGeneration) known.promote(member);
      else this.#followers.set(member.id, new Progress(this.#replica, this.#term, member, now));
    }
  }

  /** Whether an answer comes from the identity that the configuration knows, and not from an older one of the same host. */
  #isItself(follower: Progress<C, R>, contentGeneration: number): boolean {
    return follower.record.contentGeneration === contentGeneration || this.#replica.host.defect("GW10");
  }

  #sendAll(): void {
    const now = this.#now();
    for (const follower of this.#followers.values()) follower.send(this.#barriers.round, now);
  }

  #send(follower: Progress<C, R>): void {
    follower.send(this.#barriers.round, this.#now());
  }

  /** Puts the newest question to everybody who has a vote. */
  #ask(): void {
    for (const follower of this.#followers.values()) {
      if (hasVote(follower.record)) follower.ask(this.#barriers.round);
    }
    if (this.#barriers.onConfirmed(this.#confirmedRound())) this.#ask();
  }

  #onMatch(follower: Progress<C, R>): void {
    this.#advanceCommit();
    if (this.#ended) return;
    this.#promoteWhenCaughtUp(follower);
    this.#handOver();
  }

  #advanceCommit(): void {
    const { log, commit, host, group, storage } = this.#replica;
    if (log.lastIndex === commit) return;
    const index = this.#quorumOf((follower) => follower?.match ?? storage.stableIndex);
    if (index <= commit) return;
    const isOwn = log.termAt(index) === this.#term;
    if (!isOwn && !host.defect("commit-older-term-by-counting")) return;
    recordCommit(host, group, commit, index, this.#term);
    this.#replica.commitTo(index);
  }

  #confirmedRound(): number {
    const { round } = this.#barriers;
    return this.#quorumOf((follower) => follower?.round ?? round);
  }

  /** Whether so many were heard from lately that nobody else can have been elected. */
  #isConfirmed(now: Micros): boolean {
    const { configurations, host } = this.#replica;
    const isCutOff = this.#heardFrom(now) < quorumOf(configurations.current);
    return !isCutOff || host.defect("read-from-cut-off-leader");
  }

  #heardFrom(now: Micros): number {
    let heard = 0;
    for (const member of this.#replica.configurations.current.members) {
      if (!hasVote(member)) continue;
      const follower = this.#followers.get(member.id);
      if (follower === undefined || now - follower.heardAt < QUORUM_LOST_AFTER) heard++;
    }
    return heard;
  }

  /** The highest value that a majority has reached; asked for the leader itself without a follower. */
  #quorumOf(value: (follower: Progress<C, R> | undefined) => number): number {
    const { current } = this.#replica.configurations;
    const values = this.#values;
    let count = 0;
    for (const member of current.members) {
      if (!hasVote(member)) continue;
      const next = value(this.#followers.get(member.id));
      let place = count++;
      for (; place > 0 && (values[place - 1] as number) < next; place--)
        values[place] = values[place - 1] as number; // filled
      values[place] = next;
    }
    const quorum = quorumOf(current);
    return quorum <= count ? (values[quorum - 1] ?? 0) : 0;
  }

  #serveReads(): void {
    for (const { resolve } of this.#barriers.take(this.#replica.applied)) resolve(true);
  }

  #onMembersCommitted(configuration: Configuration, index: number, term: number): void {
    const { host, group } = this.#replica;
    recordMembership(host, group, configuration, index, term);
    host.reached("raft: membership-changed");
    if (configuration.members.some(isBack)) host.reached("raft: recovered-by-rejoin");
    // An old configuration, which a leader applies anew after a restart, says nothing about its office.
    const isInForce = this.#replica.configuration.generation === configuration.generation;
    if (isInForce && memberOf(configuration, host.id)?.role !== "voter") this.#stepDown();
  }

  #promoteWhenCaughtUp(follower: Progress<C, R>): void {
    const { record, match } = follower;
    if (record.role !== "learner" || record.seat === undefined) return;
    if (match < this.#firstIndex || match + CAUGHT_UP_WITHIN < this.#replica.log.lastIndex) return;
    const isAsked = this.#pending.some((p) => p.kind === "change" && p.change.id === record.id);
    if (!isAsked && this.#mayChange()) this.change({ kind: "promote", id: record.id }, undefined);
  }

  #handOver(): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.asked) return;
    const { host, group, log } = this.#replica;
    const term = this.#term;
    if (this.#pending.length > 0 || (this.#followers.get(transfer.to)?.match ?? 0) < log.lastIndex) return;
    transfer.asked = true;
    host.send(TIMEOUT_NOW, transfer.to, { group, term });
  }

  /** The successor did not take over in time: this member goes on. */
  #callOff(): void {
    if (this.#replica.host.defect("handover-never-called-off")) return;
    this.#transfer = undefined;
    this.#replica.host.reached("raft: handover-called-off");
  }

  /** Answers what this member's own disk has, whether or not anybody else has it. */
  #answerBeforeCommit(): void {
    const { storage, log, applied } = this.#replica;
    const upTo = storage.stableIndex;
    if (!this.#ready || upTo <= this.#answeredUpTo) return;
    const first = Math.max(this.#answeredUpTo, applied) + 1;
    this.#answeredUpTo = upTo;
    const outcomes = this.#replica.rehearse(log.slice(applied + 1, upTo - applied));
    for (let index = first; index <= upTo; index++) {
      const proposal = this.#waiting.get(index);
      const outcome = outcomes[index - applied - 1];
      if (proposal?.kind !== "command" || proposal.resolve === undefined || outcome === undefined) continue;
      this.#waiting.delete(index);
      proposal.resolve(answerOf<R>(outcome));
    }
  }
}

/** Whether a member has a vote again after its host lost what it had. */
function isBack(member: MemberRecord): boolean {
  return member.incarnation > 1 && hasVote(member);
}

const NOOP: Payload = { kind: "noop" };
