/**
 * One term of office: what a member does while it leads, from its first entry to the day it steps down.
 *
 * Requests wait until the log file is free, go into the log together, are written and sent at the same time, and are
 * committed when a majority of those with a vote has them stable, the leader's own disk counting like any other. Only entries
 * of the leader's own term are committed by counting. Whoever waits when the office ends is told so: what
 * never got into the log certainly did not happen, of the rest nobody knows.
 */
import type { Micros } from "../../sim/time.js";
import type { Outcome } from "./applier.js";
import { DeadlineWatch } from "./deadlines.js";
import { type Entry, makeEntry, type Payload } from "./entry.js";
import { Follower } from "./follower.js";
import type { Command, Proposed, Session } from "./machine.js";
import {
  type Configuration,
  changed,
  hasVote,
  idsOf,
  type MemberRecord,
  type MembershipChange,
  memberOf,
  quorumOf,
} from "./membership.js";
import { ADMIT, type AppendReply, type Beat, type Rejoin, TAKE_OVER } from "./messages.js";
import type { Office } from "./office.js";
import { ReadBarriers } from "./read-barriers.js";
import { FORGOTTEN } from "./sessions.js";
import {
  BATCH_LIMIT,
  CAUGHT_UP_WITHIN,
  DISK_STALLED_AFTER,
  PROPOSALS_LIMIT,
  QUORUM_LOST_AFTER,
  TRANSFER_TIMEOUT,
} from "./settings.js";
import type { Snapshot } from "./snapshot-file.js";

/** How a change of members came out. */
export type MembershipChanged =
  | { readonly ok: true; readonly generation: number }
  /** `busy`: another change is under way. `invalid`: it makes no sense in this configuration. */
  | { readonly ok: false; readonly reason: "not-leader" | "unavailable" | "unknown" | "busy" | "invalid" };

type Ignored = undefined;

type Proposal<R> =
  | { readonly kind: "noop" }
  | {
      readonly kind: "command";
      readonly command: Command;
      readonly session: Session | undefined;
      readonly resolve: ((answer: Proposed<R>) => void) | Ignored;
    }
  | {
      readonly kind: "change";
      readonly change: MembershipChange;
      readonly resolve: ((answer: MembershipChanged) => void) | Ignored;
    };

export class Leadership<C extends Command, R> {
  readonly #office: Office<C, R>;
  readonly #answersFast: boolean;
  readonly #followers = new Map<string, Follower<C, R>>();
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
  #transfer: { readonly to: string; readonly until: Micros; asked: boolean } | undefined;
  #snapshot: () => Snapshot | undefined;

  constructor(office: Office<C, R>, answersFast: boolean, snapshot: () => Snapshot | undefined) {
    this.#office = office;
    this.#answersFast = answersFast;
    this.#snapshot = snapshot;
    this.#deadlines = new DeadlineWatch(office.host, (command) => {
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
    const known = session && this.#office.applier.find(session);
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
    const confirm = !this.#office.host.defect("read-from-cut-off-leader");
    if (this.#barriers.add(this.#office.commit, confirm, resolve)) this.#ask();
    this.#serveReads();
  }

  /** Hands the office to another voter; false when that one is none. Requests are refused meanwhile. */
  transferTo(to: string): boolean {
    const follower = this.#followers.get(to);
    if (follower?.record.role !== "voter") return false;
    this.#transfer = { to, until: this.#office.host.clock.monotonic() + TRANSFER_TIMEOUT, asked: false };
    this.#handOver();
    return true;
  }

  /** Puts into the log what waits for it, as far as the log file is free. */
  flush(): void {
    const { storage, log, host } = this.#office;
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
      this.#office.cutAfter(before);
      for (const proposal of taken) this.#refuse(proposal, "unavailable");
      this.#office.stepDown();
      return;
    }
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

  onBeat(beat: Beat, from: string): void {
    const follower = this.#followers.get(from);
    if (follower === undefined || !this.#isItself(follower, beat.contentGeneration)) return;
    if (follower.onBeat(beat, this.#now())) this.#onMatch(follower);
    if (!this.#ended) this.#send(follower);
  }

  /** A host whose member lost what it had acknowledged wants to be taken out and in again. */
  onRejoin(rejoin: Rejoin, from: string): void {
    const { host, group, term, configurations, commit } = this.#office;
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
    if (this.#heardFrom(now) < quorumOf(this.#office.configurations.current)) return false;
    if (this.#office.storage.busyFor(now) > DISK_STALLED_AFTER) return false;
    if (this.#transfer !== undefined && now > this.#transfer.until) this.#transfer = undefined;
    if (this.#barriers.asking) this.#ask();
    for (const follower of this.#followers.values()) {
      follower.tick(now);
      this.#send(follower);
      this.#promoteWhenCaughtUp(follower);
    }
    return true;
  }

  /** What this leader's sign of life says to a host; undefined when that is no member. */
  beatFor(host: string): Beat | undefined {
    const follower = this.#followers.get(host);
    if (follower === undefined) return undefined;
    const { group, term, commit } = this.#office;
    const { contentGeneration } = follower.record;
    return { group, term, leads: true, index: Math.min(commit, follower.match), contentGeneration };
  }

  /** Hosts that want a sign of life. */
  hosts(): IterableIterator<string> {
    return this.#followers.keys();
  }

  /** An entry was applied while this member leads. */
  onApplied(entry: Entry, outcome: Outcome | undefined): void {
    const { index, term, payload } = entry;
    if (index >= this.#firstIndex) this.#ready = true;
    const proposal = this.#waiting.get(index);
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
    this.#deadlines.refresh(this.#office.applier.machine.deadlines());
    const early = this.#early;
    this.#early = [];
    for (const resolve of early) this.readBarrier(resolve);
    this.#serveReads();
  }

  /** The office is over: everybody who waits is told what can be said. */
  end(): void {
    this.#ended = true;
    this.#deadlines.stop();
    for (const proposal of this.#pending) this.#refuse(proposal, "not-leader");
    for (const proposal of this.#waiting.values()) this.#refuse(proposal, "unknown");
    for (const resolve of this.#early) resolve(false);
    for (const { resolve } of this.#barriers.takeAll()) resolve(false);
    this.#pending = [];
    this.#waiting.clear();
    this.#early = [];
  }

  #now(): Micros {
    return this.#office.host.clock.monotonic();
  }

  #payloadOf(proposal: Proposal<R>): Payload | undefined {
    switch (proposal.kind) {
      case "noop":
        return NOOP;
      case "command":
        return { kind: "command", command: proposal.command, session: proposal.session };
      case "change": {
        const configuration = this.#mayChange()
          ? changed(this.#office.configurations.current, proposal.change)
          : undefined;
        if (configuration !== undefined) return { kind: "members", configuration };
        this.#refuse(proposal, this.#mayChange() ? "invalid" : "busy");
        return undefined;
      }
    }
  }

  /** One change at a time, and none before this leader knows that its own configuration is the committed one. */
  #mayChange(): boolean {
    const settled = this.#ready && this.#office.configurations.index <= this.#office.commit;
    return settled || this.#office.host.defect("membership-two-majorities");
  }

  #append(payload: Payload): void {
    const { log, term, configurations } = this.#office;
    const { index, chain } = log.last;
    const entry = makeEntry(index + 1, term, payload, chain);
    log.append(entry);
    if (payload.kind !== "members") return;
    configurations.append(entry);
    this.#followMembers();
  }

  /** One follower for each identity in the configuration. */
  #followMembers(): void {
    const { configurations, host } = this.#office;
    const now = this.#now();
    for (const id of this.#followers.keys()) {
      if (memberOf(configurations.current, id) === undefined) this.#followers.delete(id);
    }
    for (const member of configurations.current.members) {
      if (member.id === host.id) continue;
      const known = this.#followers.get(member.id);
      if (known?.record.contentGeneration === member.contentGeneration) known.promote(member);
      else this.#followers.set(member.id, new Follower(this.#office, member, now));
    }
  }

  /** Whether an answer comes from the identity that the configuration knows, and not from an older one of the same host. */
  #isItself(follower: Follower<C, R>, contentGeneration: number): boolean {
    return (
      follower.record.contentGeneration === contentGeneration ||
      this.#office.host.defect("stale-content-generation-counted")
    );
  }

  #sendAll(): void {
    const now = this.#now();
    for (const follower of this.#followers.values())
      follower.send(this.#barriers.round, now, this.#snapshot());
  }

  #send(follower: Follower<C, R>): void {
    follower.send(this.#barriers.round, this.#now(), this.#snapshot());
  }

  /** Puts the newest question to everybody who has a vote. */
  #ask(): void {
    for (const follower of this.#followers.values()) {
      if (hasVote(follower.record)) follower.ask(this.#barriers.round);
    }
    if (this.#barriers.onConfirmed(this.#confirmedRound())) this.#ask();
  }

  #onMatch(follower: Follower<C, R>): void {
    this.#advanceCommit();
    if (this.#ended) return;
    this.#promoteWhenCaughtUp(follower);
    this.#handOver();
  }

  #advanceCommit(): void {
    const { log, term, commit, host, storage } = this.#office;
    if (log.lastIndex === commit) return;
    const index = this.#quorumOf((follower) => follower?.match ?? storage.stableIndex);
    if (index <= commit) return;
    if (log.termAt(index) === term || host.defect("commit-older-term-by-counting"))
      this.#office.commitTo(index);
  }

  #confirmedRound(): number {
    const { round } = this.#barriers;
    return this.#quorumOf((follower) => follower?.round ?? round);
  }

  #heardFrom(now: Micros): number {
    let heard = 0;
    for (const member of this.#office.configurations.current.members) {
      if (!hasVote(member)) continue;
      const follower = this.#followers.get(member.id);
      if (follower === undefined || now - follower.heardAt < QUORUM_LOST_AFTER) heard++;
    }
    return heard;
  }

  /** The highest value that a majority has reached; asked for the leader itself without a follower. */
  #quorumOf(value: (follower: Follower<C, R> | undefined) => number): number {
    const { current } = this.#office.configurations;
    const values: number[] = [];
    for (const member of current.members)
      if (hasVote(member)) values.push(value(this.#followers.get(member.id)));
    values.sort((a, b) => b - a);
    return values[quorumOf(current) - 1] ?? 0;
  }

  #serveReads(): void {
    for (const { resolve } of this.#barriers.take(this.#office.applier.applied)) resolve(true);
  }

  #onMembersCommitted(configuration: Configuration, index: number, term: number): void {
    const { host, group } = this.#office;
    const { generation } = configuration;
    host.record({
      kind: "state",
      entity: "membership",
      name: group,
      from: String(generation - 1),
      to: String(generation),
      detail: {
        index,
        term,
        voters: idsOf(configuration, "voter"),
        learners: idsOf(configuration, "learner"),
        witnesses: idsOf(configuration, "witness"),
      },
    });
    host.reached("raft: membership-changed");
    if (configuration.members.some(isBack)) host.reached("raft: recovered-by-rejoin");
    if (memberOf(configuration, host.id)?.role !== "voter") this.#office.stepDown();
  }

  #promoteWhenCaughtUp(follower: Follower<C, R>): void {
    const { record, match } = follower;
    if (record.role !== "learner" || record.seat === undefined) return;
    if (match < this.#firstIndex || match + CAUGHT_UP_WITHIN < this.#office.log.lastIndex) return;
    const isAsked = this.#pending.some((p) => p.kind === "change" && p.change.id === record.id);
    if (!isAsked && this.#mayChange()) this.change({ kind: "promote", id: record.id }, undefined);
  }

  #handOver(): void {
    const transfer = this.#transfer;
    if (transfer === undefined || transfer.asked) return;
    const { host, group, term, log } = this.#office;
    if (this.#pending.length > 0 || (this.#followers.get(transfer.to)?.match ?? 0) < log.lastIndex) return;
    transfer.asked = true;
    host.send(TAKE_OVER, transfer.to, { group, term });
  }

  /** Answers what this member's own disk has, whether or not anybody else has it. */
  #answerBeforeCommit(): void {
    const { storage, log, applier } = this.#office;
    const upTo = storage.stableIndex;
    if (!this.#ready || upTo <= this.#answeredUpTo) return;
    this.#answeredUpTo = upTo;
    const entries = log.slice(applier.applied + 1, upTo - applier.applied);
    const outcomes = applier.rehearse(entries);
    for (const [i, { index }] of entries.entries()) {
      const proposal = this.#waiting.get(index);
      const outcome = outcomes[i];
      if (proposal?.kind !== "command" || proposal.resolve === undefined || outcome === undefined) continue;
      this.#waiting.delete(index);
      proposal.resolve(answerOf<R>(outcome));
    }
  }

  #refuse(
    proposal: Proposal<R>,
    reason: "not-leader" | "unavailable" | "unknown" | "busy" | "invalid",
  ): void {
    if (proposal.kind === "change") {
      if (proposal.resolve !== undefined) proposal.resolve({ ok: false, reason });
    } else if (proposal.kind === "command" && proposal.resolve !== undefined) {
      if (reason === "not-leader") proposal.resolve({ ok: false, reason, leader: undefined });
      else if (reason === "unavailable") proposal.resolve({ ok: false, reason });
      else proposal.resolve({ ok: false, reason: "unknown" });
    }
  }
}

/** Whether a member has a vote again after its host lost what it had. */
function isBack(member: MemberRecord): boolean {
  return member.incarnation > 1 && hasVote(member);
}

const NOOP: Payload = { kind: "noop" };

function answerOf<R>(outcome: Outcome): Proposed<R> {
  if (outcome === FORGOTTEN) return { ok: false, reason: "unknown" };
  return { ok: true, index: outcome.index, term: outcome.term, result: outcome.result as R }; // this group's result
}
