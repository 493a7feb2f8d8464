/**
 * One member of one group: Raft, with pre-vote, check-quorum, snapshots, learners, witnesses and one-at-a-time changes
 * of members. What it promises: at most one leader a term; logs that agree at an entry agree before it; what is
 * committed is in the log of every later leader; every replica applies the same commands at the same indexes. It promises
 * none of that for a host that lies on purpose.
 *
 * Everything is driven from outside: messages, the host's regular tick, and the storage telling what has become stable.
 * Nothing is answered before what the answer stands for is stable.
 */
import type { Host } from "../../sim/host.js";
import { MILLISECOND, type Micros } from "../../sim/time.js";
import { Applier } from "./applier.js";
import { Election } from "./election.js";
import { Leadership, type MembershipChanged } from "./leadership.js";
import type { Command, GroupMember, Proposed, Session, StateMachine } from "./machine.js";
import {
  type Configuration,
  ConfigurationHistory,
  keepsContent,
  type MemberRecord,
  type MembershipChange,
  memberOf,
} from "./membership.js";
import {
  type Admit,
  APPEND_REPLY,
  type Append,
  type AppendReply,
  type Beat,
  type InstallSnapshot,
  REJOIN,
  type Rejoin,
  type TakeOver,
  VOTE_REPLY,
  VOTE_REQUEST,
  type VoteReply,
  type VoteRequest,
} from "./messages.js";
import type { Office } from "./office.js";
import {
  ELECTION_TIMEOUT,
  ENTRIES_KEPT,
  FIRST_ELECTION_TIMEOUT,
  RETRY_ELECTION_AFTER,
  STATE_BYTES_PER_ENTRY,
  TICK,
} from "./settings.js";
import type { Snapshot } from "./snapshot-file.js";
import { Storage } from "./storage.js";

export type RaftRole =
  | "follower"
  | "pre-candidate"
  | "candidate"
  | "leader"
  | "learner"
  | "witness"
  | "recovering";

export interface MemberOptions {
  readonly group: string;
  readonly configuration: Configuration;
  /** Of this host, should it have to be formatted. */
  readonly contentGeneration: number;
  /** Whether requests are answered as soon as they are stable on the leader's own disk. */
  readonly answersFast: boolean;
  /** Entries from one snapshot to the next. */
  readonly snapshotEvery: number;
}

export class RaftMember<C extends Command, R> implements GroupMember<C, R>, Office<C, R> {
  readonly host: Host;
  readonly group: string;
  readonly storage: Storage;
  readonly applier: Applier<C, R>;

  readonly #options: MemberOptions;
  #configurations: ConfigurationHistory;
  #role: RaftRole = "recovering";
  #term = 0;
  #vote: string | null = null;
  #leader: string | undefined;
  #commit = 0;
  #leadership: Leadership<C, R> | undefined;
  #election: Election | undefined;
  /** Of this member's identity: a wiped host has none until it is taken in again. */
  #isReady = false;
  #isFormatting = false;
  #snapshot: Snapshot | undefined;
  #appliesLater = false;

  /** When a leader was last heard of … */
  #leaderHeardAt = Number.NEGATIVE_INFINITY;
  /** … and since when, and for how long, this member has been waiting before it stands for election. */
  #waitingSince: Micros;
  #patience: Micros;

  /** Agrees with the current leader's log up to here. */
  #matched = 0;
  /** What is to be answered to the leader, once it is stable. */
  #ack:
    | { readonly to: string; readonly term: number; prevIndex: number; round: number; now: boolean }
    | undefined;
  #acknowledged = 0;
  /** Answers that wait until term and vote are stable. */
  #replies: { readonly term: number; readonly send: () => void }[] = [];

  constructor(host: Host, machine: StateMachine<C, R>, options: MemberOptions) {
    this.host = host;
    this.group = options.group;
    this.#options = options;
    this.#configurations = new ConfigurationHistory(options.configuration);
    this.applier = new Applier(host, options.group, machine);
    this.storage = new Storage(host, options.group, {
      onStable: () => this.#onStable(),
      onIdle: () => this.#leadership?.flush(),
      onTrouble: () => this.stepDown(),
    });
    this.#waitingSince = host.clock.monotonic();
    this.#patience = draw(host, host.incarnation === 1 ? FIRST_ELECTION_TIMEOUT : ELECTION_TIMEOUT);
  }

  get isLeader(): boolean {
    return this.#leadership !== undefined;
  }

  get role(): RaftRole {
    return this.#role;
  }

  get term(): number {
    return this.#term;
  }

  get leader(): string | undefined {
    return this.#leader;
  }

  get machine(): StateMachine<C, R> {
    return this.applier.machine;
  }

  get commit(): number {
    return this.#commit;
  }

  get log(): Storage["log"] {
    return this.storage.log;
  }

  get configurations(): ConfigurationHistory {
    return this.#configurations;
  }

  /** Who belongs to the group, as far as this member knows. */
  get configuration(): Configuration {
    return this.#configurations.current;
  }

  propose(command: C, session: Session | undefined): Promise<Proposed<R>> {
    const leadership = this.#leadership;
    if (leadership === undefined) {
      return Promise.resolve({ ok: false, reason: "not-leader", leader: this.#leader });
    }
    return new Promise((resolve) => {
      leadership.propose(command, session, resolve);
    });
  }

  readBarrier(): Promise<boolean> {
    const leadership = this.#leadership;
    if (leadership === undefined) return Promise.resolve(false);
    return new Promise((resolve) => {
      leadership.readBarrier(resolve);
    });
  }

  /** Changes the group by one member. Only the leader can. Resolves when the change is committed. */
  changeMembers(change: MembershipChange): Promise<MembershipChanged> {
    const leadership = this.#leadership;
    if (leadership === undefined) return Promise.resolve({ ok: false, reason: "not-leader" });
    return new Promise((resolve) => {
      leadership.change(change, resolve);
    });
  }

  /** Puts one host in the place of another: adds it, waits until it has caught up and votes, and takes the other out. */
  async replaceMember(old: string, fresh: string, contentGeneration: number): Promise<MembershipChanged> {
    const seat = memberOf(this.configuration, old)?.role === "witness" ? "witness" : "voter";
    const added = await this.changeMembers({ kind: "add-learner", id: fresh, contentGeneration, seat });
    if (!added.ok) return added;
    while (this.isLeader) {
      const isIn = memberOf(this.configuration, fresh)?.role === seat;
      const removed = isIn ? await this.changeMembers({ kind: "remove", id: old }) : undefined;
      if (removed !== undefined && (removed.ok || removed.reason !== "busy")) return removed;
      await this.host.sleep(TICK[0]);
    }
    return { ok: false, reason: "unknown" };
  }

  /** Asks another voter to take over. False when this member does not lead or that one is no voter. */
  transferTo(to: string): boolean {
    return this.#leadership?.transferTo(to) ?? false;
  }

  /** Reads what the disk kept. From then on the member takes part. */
  async recover(): Promise<void> {
    const recovered = await this.storage.recover(this.#options.contentGeneration);
    this.#waitingSince = this.host.clock.monotonic();
    if (recovered.status === "lost") {
      this.#record("recovering", "recovering");
      return;
    }
    const { identity, snapshot } = recovered;
    this.#term = identity.term;
    this.#vote = identity.vote;
    if (snapshot !== undefined) {
      this.#snapshot = snapshot;
      this.applier.restore(snapshot);
      this.#commit = snapshot.index;
    }
    this.#readConfigurations();
    this.#isReady = true;
    this.#become(this.#restingRole());
  }

  /** The regular look at the time. */
  tick(now: Micros): void {
    if (!this.#isReady) {
      this.#askToRejoin();
    } else if (this.#leadership !== undefined) {
      if (!this.#leadership.tick(now)) this.stepDown();
    } else if (this.#election !== undefined && now - this.#waitingSince < this.#patience) {
      if (this.#isVoteStable()) this.#ask(this.#election);
    } else if (now - this.#waitingSince >= this.#patience || this.host.buggify("raft/election-eager")) {
      if (this.#mayLead() && this.storage.isWell(now)) this.#stand(true, false);
    }
  }

  /** This member's sign of life for a host; undefined when there is none to give. */
  beatFor(host: string): Beat | undefined {
    if (this.#leadership !== undefined) return this.#leadership.beatFor(host);
    if (this.#leader !== host || !this.#isReady || this.storage.stableTerm < this.#term) return undefined;
    const { contentGeneration } = this.storage;
    const index = this.#stableMatch();
    return { group: this.group, term: this.#term, leads: false, index, contentGeneration };
  }

  /** Hosts that want a sign of life from this member. */
  *beatTargets(): Iterable<string> {
    if (this.#leadership !== undefined) yield* this.#leadership.hosts();
    else if (this.#leader !== undefined && this.#isReady) yield this.#leader;
  }

  onBeat(beat: Beat, from: string): void {
    if (!this.#isReady) return;
    if (beat.term < this.#term) {
      if (beat.leads) this.#rejectFrom(from, 0, 0);
      return;
    }
    if (!beat.leads) {
      if (this.#adopt(beat.term)) this.#leadership?.onBeat(beat, from);
      return;
    }
    if (!this.#follow(beat.term, from)) return;
    if (beat.contentGeneration === this.storage.contentGeneration) {
      this.commitTo(Math.min(beat.index, this.log.lastIndex));
    }
  }

  onVoteRequest(request: VoteRequest, from: string): void {
    if (!this.#isReady || this.#isStranger(from, request.contentGeneration)) return;
    const { term, pre, transfer } = request;
    const isServed = this.#leadership !== undefined || this.#hearsLeader();
    if (term < this.#term || (isServed && !transfer)) {
      this.#replyToVote(from, request, false);
      return;
    }
    const { last } = this.log;
    const isUpToDate =
      request.lastTerm > last.term || (request.lastTerm === last.term && request.lastIndex >= last.index);
    const deserves = isUpToDate || this.host.defect("election-without-up-to-date-check");
    const isNewer = term > this.#term;
    if (pre) {
      this.#replyToVote(from, request, deserves && isNewer);
      return;
    }
    const granted = deserves && (isNewer || this.#vote === null || this.#vote === from);
    if (isNewer && !this.#adopt(term, granted ? from : null)) return;
    if (granted) {
      this.#wait(ELECTION_TIMEOUT);
      if (this.#vote === null) this.storage.saveVote(term, from);
      this.#vote = from;
    }
    this.#replyToVote(from, request, granted);
  }

  onVoteReply(reply: VoteReply, from: string): void {
    if (!this.#isReady) return;
    const election = this.#election;
    if (!reply.granted) {
      this.#adopt(reply.term);
    } else if (election !== undefined && election.pre === reply.pre && election.term === reply.term) {
      this.#count(election, from, reply.contentGeneration);
    }
  }

  onAppend(append: Append, from: string): void {
    if (!this.#isReady || append.contentGeneration !== this.storage.contentGeneration) return;
    if (append.term < this.#term && !this.host.defect("deposed-leader-goes-on-writing")) {
      this.#rejectFrom(from, append.prevIndex, append.round);
      return;
    }
    if (!this.#follow(append.term, from)) return;
    const { prevIndex, prevTerm, entries } = append;
    const { log } = this;
    const isBehind = prevIndex > log.lastIndex;
    // Up to its base the log is committed, and agrees with every leader's.
    if (isBehind || (prevIndex > log.base.index && log.termAt(prevIndex) !== prevTerm)) {
      const tryNext = isBehind ? log.lastIndex : this.#beforeTermOf(prevIndex);
      this.#rejectFrom(from, prevIndex, append.round, tryNext);
      return;
    }
    const end = prevIndex + entries.length;
    this.#take(append, end);
    if (end > this.#matched) this.#matched = end;
    if (entries.length > 0) this.storage.flush();
    this.#owe(from, append.term, Math.min(prevIndex, end), append.round, entries.length === 0);
    this.commitTo(Math.min(append.commit, end));
  }

  onAppendReply(reply: AppendReply, from: string): void {
    if (!this.#isReady) return;
    if (reply.term < this.#term || !this.#adopt(reply.term)) return;
    this.#leadership?.onAppendReply(reply, from);
  }

  onInstallSnapshot(message: InstallSnapshot, from: string): void {
    const { snapshot, term, contentGeneration, round } = message;
    if (!this.#isReady || contentGeneration !== this.storage.contentGeneration) return;
    if (term < this.#term) {
      this.#rejectFrom(from, 0, round);
      return;
    }
    if (!this.#follow(term, from)) return;
    const { index, chain } = snapshot;
    if (index > this.#commit) {
      if (this.log.mark(index)?.chain === chain) this.commitTo(index);
      else this.#install(snapshot);
    }
    if (index > this.#matched) this.#matched = index;
    this.#owe(from, term, index, round, false);
  }

  onTakeOver(message: TakeOver): void {
    if (!this.#isReady || message.term !== this.#term || this.#leadership !== undefined) return;
    if (this.#mayLead()) this.#stand(false, true);
  }

  onRejoin(rejoin: Rejoin, from: string): void {
    if (this.#isReady) this.#leadership?.onRejoin(rejoin, from);
  }

  /** This host is taken in again, under a new identity and with nothing in its log. */
  async onAdmit(admit: Admit, from: string): Promise<void> {
    if (this.#isReady || this.#isFormatting || admit.incarnation !== this.host.incarnation) return;
    this.#isFormatting = true;
    // The vote of this term is taken: whom the older identity may have voted for nobody knows.
    await this.storage.format(admit.contentGeneration, admit.term, from);
    this.#term = admit.term;
    this.#vote = from;
    this.#isFormatting = false;
    this.#isReady = true;
    this.#wait(ELECTION_TIMEOUT);
    this.#become(this.#restingRole());
  }

  commitTo(index: number): void {
    const before = this.#commit;
    if (index <= before) return;
    this.#commit = index;
    if (this.#leadership !== undefined) {
      this.host.record({
        kind: "state",
        entity: "commit",
        name: `${this.group}@${this.host.id}`,
        from: String(before),
        to: String(index),
        detail: { term: this.#term },
      });
    }
    if (this.#appliesLater) return;
    if (this.host.buggify("raft/slow-apply")) {
      this.#appliesLater = true;
      this.host.after(this.host.random.below(100 * MILLISECOND), () => {
        this.#appliesLater = false;
        this.#apply();
      });
    } else {
      this.#apply();
    }
  }

  stepDown(): void {
    if (this.#leadership === undefined && this.#election === undefined) return;
    this.#leader = undefined;
    this.#wait(ELECTION_TIMEOUT);
    this.#become(this.#restingRole());
  }

  /** Drops the tail behind `index`. */
  cutAfter(index: number): void {
    this.storage.cutAfter(index);
    this.#configurations.cutAfter(index);
    if (this.#matched > index) this.#matched = index;
    this.#rest();
  }

  #apply(): void {
    const { applier, log } = this;
    while (applier.applied < this.#commit) {
      const entry = log.get(applier.applied + 1);
      if (entry === undefined) break;
      const leadership = this.#leadership;
      const outcome = applier.apply(entry, leadership !== undefined);
      leadership?.onApplied(entry, outcome);
    }
    this.#leadership?.afterApply();
    this.#takeSnapshot();
  }

  /** A snapshot is due every so many entries, and can only be taken of what is stable. */
  #takeSnapshot(): void {
    const { applied } = this.applier;
    const since = applied - (this.#snapshot?.index ?? 0);
    if (since < this.#options.snapshotEvery && (since < 8 || !this.host.buggify("raft/early-snapshot")))
      return;
    // A large state is written less often: what snapshots cost stays in proportion to what is logged.
    if (since * STATE_BYTES_PER_ENTRY < (this.#snapshot?.state.length ?? 0)) return;
    const mark = this.log.mark(applied);
    if (mark === undefined || applied > this.storage.stableIndex) return;
    const { configuration, index } = this.#configurations.at(applied);
    const own = memberOf(configuration, this.host.id);
    const withState = own === undefined || keepsContent(own);
    this.#snapshot = this.applier.snapshot(mark, configuration, index, withState);
    this.#configurations.compactTo(applied);
    this.storage.saveSnapshot(this.#snapshot, applied - ENTRIES_KEPT);
  }

  #install(snapshot: Snapshot): void {
    const withoutTerm = this.host.defect("snapshot-without-last-term");
    this.storage.installSnapshot(withoutTerm ? { ...snapshot, term: 0 } : snapshot);
    this.#configurations.reset(snapshot.configuration, snapshot.configurationIndex);
    this.applier.install(snapshot);
    this.#snapshot = snapshot;
    this.#commit = snapshot.index;
    this.host.reached("raft: snapshot-installed");
    this.#rest();
  }

  /** Puts a leader's entries into the log, and cuts off what contradicts them. */
  #take(append: Append, end: number): void {
    const { log, host } = this;
    for (const entry of append.entries) {
      if (entry.index <= log.base.index) continue;
      const term = log.termAt(entry.index);
      if (term === entry.term) continue;
      if (term !== undefined) this.cutAfter(entry.index - 1);
      log.append(entry);
      if (entry.payload.kind !== "members") continue;
      this.#configurations.append(entry);
      this.#rest();
    }
    if (log.lastIndex > end && host.defect("truncate-on-stale-append")) this.cutAfter(end);
  }

  /** The last index before the term that stands at `index`: the leader's log may agree there. */
  #beforeTermOf(index: number): number {
    const { log } = this;
    const term = log.termAt(index);
    let before = index - 1;
    while (before > this.#commit && log.termAt(before) === term) before--;
    return Math.max(before, Math.min(this.#commit, index - 1));
  }

  #owe(to: string, term: number, prevIndex: number, round: number, now: boolean): void {
    const ack = this.#ack;
    if (ack === undefined || ack.to !== to || ack.term !== term)
      this.#ack = { to, term, prevIndex, round, now };
    else {
      if (prevIndex > ack.prevIndex) ack.prevIndex = prevIndex;
      if (round > ack.round) ack.round = round;
      if (now) ack.now = true;
    }
    this.#acknowledge();
  }

  /** Tells the leader what is stable: at once when it asked, otherwise when there is something new. */
  #acknowledge(): void {
    const ack = this.#ack;
    if (ack === undefined || this.storage.stableTerm < ack.term) return;
    const index = this.#stableMatch();
    const isAll = index >= this.#matched;
    if (!isAll && !ack.now && index <= this.#acknowledged) return;
    const { to, term, prevIndex, round } = ack;
    ack.now = false;
    if (isAll) this.#ack = undefined;
    this.#acknowledged = index;
    const { contentGeneration } = this.storage;
    const { group } = this;
    this.host.send(
      APPEND_REPLY,
      to,
      { group, term, ok: true, index, prevIndex, round, contentGeneration },
      96,
    );
  }

  /** Agrees with the leader's log and is stable up to here. */
  #stableMatch(): number {
    const { stableIndex } = this.storage;
    return Math.min(this.#matched, stableIndex);
  }

  #rejectFrom(to: string, prevIndex: number, round: number, index = 0): void {
    const { group, host } = this;
    const term = this.#term;
    const { contentGeneration } = this.storage;
    this.#whenStable(() => {
      host.send(APPEND_REPLY, to, { group, term, ok: false, index, prevIndex, round, contentGeneration }, 96);
    });
  }

  #replyToVote(to: string, { pre, term }: VoteRequest, granted: boolean): void {
    const { group, host } = this;
    const { contentGeneration } = this.storage;
    const reply: VoteReply = { group, term: granted ? term : this.#term, pre, granted, contentGeneration };
    if (pre) host.send(VOTE_REPLY, to, reply, 96);
    else this.#whenStable(() => host.send(VOTE_REPLY, to, reply, 96));
  }

  /** Does something as soon as the current term and vote are durable, and not at all when they are outdated by then. */
  #whenStable(send: () => void): void {
    if (this.#isVoteStable()) send();
    else this.#replies.push({ term: this.#term, send });
  }

  #isVoteStable(): boolean {
    return this.storage.stableTerm === this.#term && this.storage.stableVote === this.#vote;
  }

  #onStable(): void {
    if (this.#replies.length > 0 && this.#isVoteStable()) {
      const replies = this.#replies;
      this.#replies = [];
      for (const { term, send } of replies) if (term === this.#term) send();
    }
    this.#acknowledge();
    this.#leadership?.onStable();
    if (this.applier.applied < this.#commit) return;
    this.#takeSnapshot();
  }

  /** Stands for election, or asks first whether that makes sense. */
  #stand(pre: boolean, transfer: boolean): void {
    const { host, storage } = this;
    this.#wait(RETRY_ELECTION_AFTER);
    this.#leader = undefined;
    if (pre) {
      this.#election = new Election(true, this.#term + 1, transfer);
      this.#become("pre-candidate");
      this.#campaign(this.#election);
      return;
    }
    const isRepeated = this.#vote === host.id && host.defect("epoch-reused-after-restart");
    this.#term += isRepeated ? 0 : 1;
    this.#vote = host.id;
    this.#forgetLeader();
    const election = new Election(false, this.#term, transfer);
    this.#election = election;
    this.#become("candidate");
    storage.saveVote(this.#term, this.#vote);
    this.#whenStable(() => {
      if (this.#election === election) this.#campaign(election);
    });
  }

  #campaign(election: Election): void {
    this.#ask(election);
    this.#count(election, this.host.id, this.storage.contentGeneration);
  }

  /** Asks everybody who has not granted it yet. */
  #ask(election: Election): void {
    const { host, group } = this;
    const { index: lastIndex, term: lastTerm } = this.log.last;
    const { contentGeneration } = this.storage;
    const { term, pre, transfer } = election;
    const request: VoteRequest = { group, term, pre, lastIndex, lastTerm, contentGeneration, transfer };
    for (const { id, role } of this.configuration.members) {
      const isAsked = id !== host.id && role !== "learner" && !election.hasGranted(id);
      if (isAsked) host.send(VOTE_REQUEST, id, request, 96);
    }
  }

  #count(election: Election, from: string, contentGeneration: number): void {
    election.grant(from, contentGeneration, this.configuration, () =>
      this.host.defect("stale-content-generation-counted"),
    );
    if (!election.isWon(this.configuration)) return;
    if (election.pre) this.#stand(false, false);
    else this.#lead();
  }

  #lead(): void {
    const { host } = this;
    this.#leader = host.id;
    const isUnderLoad = this.log.lastIndex > this.#commit;
    this.#leadership = new Leadership<C, R>(this, this.#options.answersFast, () => this.#snapshot);
    this.#become("leader");
    host.reached("raft: election");
    if (isUnderLoad) host.reached("raft: election-under-load");
    this.#leadership.begin();
  }

  /** There is a leader in this term or a later one: this member follows it. False when it does not think of that. */
  #follow(term: number, leader: string): boolean {
    if (!this.#adopt(term)) return false;
    if (this.#role !== "follower" && this.#role !== "learner" && this.#role !== "witness") {
      this.#become(this.#restingRole());
    }
    const now = this.host.clock.monotonic();
    this.#leader = leader;
    this.#leaderHeardAt = now;
    this.#waitingSince = now;
    return true;
  }

  /** Takes over a later term. False when this member goes on as if there were none. */
  #adopt(term: number, vote: string | null = null): boolean {
    if (term <= this.#term) return true;
    if (this.#leadership !== undefined && this.host.defect("deposed-leader-goes-on-writing")) return false;
    this.#term = term;
    this.#vote = vote;
    this.#forgetLeader();
    this.storage.saveVote(term, vote);
    this.#wait(ELECTION_TIMEOUT);
    this.#become(this.#restingRole());
    return true;
  }

  #forgetLeader(): void {
    this.#leader = undefined;
    this.#matched = 0;
    this.#acknowledged = 0;
    this.#ack = undefined;
    this.#replies = [];
  }

  #wait(range: readonly [Micros, Micros]): void {
    this.#waitingSince = this.host.clock.monotonic();
    this.#patience = draw(this.host, range);
  }

  #hearsLeader(): boolean {
    if (this.#leader === undefined) return false;
    return this.host.clock.monotonic() - this.#leaderHeardAt < ELECTION_TIMEOUT[0];
  }

  /** Whether a candidate is an older identity of one whom the configuration knows by a newer one. */
  #isStranger(id: string, contentGeneration: number): boolean {
    const known = memberOf(this.configuration, id);
    if (known === undefined || known.contentGeneration <= contentGeneration) return false;
    return !this.host.defect("stale-content-generation-counted");
  }

  /** What the configuration says of this very identity. */
  #ownRecord(): MemberRecord | undefined {
    const record = memberOf(this.configuration, this.host.id);
    return record?.contentGeneration === this.storage.contentGeneration ? record : undefined;
  }

  #mayLead(): boolean {
    return this.#ownRecord()?.role === "voter";
  }

  #restingRole(): RaftRole {
    switch (this.#ownRecord()?.role) {
      case "voter":
        return "follower";
      case "witness":
        return "witness";
      case "learner":
      case undefined:
        return "learner";
    }
  }

  /** The configuration may have given this member another role. */
  #rest(): void {
    if (this.#role === "follower" || this.#role === "learner" || this.#role === "witness") {
      this.#become(this.#restingRole());
    }
  }

  #become(role: RaftRole): void {
    const from = this.#role;
    if (role !== "leader" && this.#leadership !== undefined) {
      const ended = this.#leadership;
      this.#leadership = undefined;
      ended.end();
      this.host.reached("raft: leader-stepped-down");
    }
    if (role !== "candidate" && role !== "pre-candidate") this.#election = undefined;
    if (role === from) return;
    this.#role = role;
    this.#record(from, role);
  }

  #record(from: RaftRole, to: RaftRole): void {
    const { index: lastIndex, term: lastTerm } = this.log.last;
    const detail = { term: this.#term, lastIndex, lastTerm, commit: this.#commit };
    this.host.record({
      kind: "state",
      entity: "raft",
      name: `${this.group}@${this.host.id}`,
      from,
      to,
      detail,
    });
  }

  #readConfigurations(): void {
    const snapshot = this.#snapshot;
    const first = snapshot?.configuration ?? this.#options.configuration;
    this.#configurations = new ConfigurationHistory(first, snapshot?.configurationIndex ?? 0);
    const { log } = this;
    for (const entry of log.slice(log.base.index + 1, Number.MAX_SAFE_INTEGER)) {
      if (entry.index > (snapshot?.index ?? 0)) this.#configurations.append(entry);
    }
  }

  #askToRejoin(): void {
    const { host, group } = this;
    const rejoin: Rejoin = { group, incarnation: host.incarnation };
    if (this.#isFormatting) return;
    for (const { id } of this.configuration.members) if (id !== host.id) host.send(REJOIN, id, rejoin, 96);
  }
}

function draw(host: Host, [least, most]: readonly [Micros, Micros]): Micros {
  return host.random.between(least, most);
}
