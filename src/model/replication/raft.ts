/**
 * One member of one group: Raft, with pre-vote, check-quorum, snapshots, learners, witnesses and one-at-a-time changes
 * of members. What it promises: at most one leader a term; logs that agree at an entry agree before it; what is
 * committed is in the log of every later leader; every replica applies the same commands at the same indexes. It promises
 * none of that for a host that lies on purpose.
 *
 * Everything is driven from outside: messages, the host's regular tick, and the storage reporting what has
 * become stable. No answer is given before what it stands for is stable. `docs/pipeline.md` says through
 * which files an append goes.
 */
import type { Host, Micros } from "seedstorm";
import { Acknowledgements } from "./acknowledgements.js";
import type { Configuration } from "./configuration.js";
import { Election } from "./election.js";
import { ElectionTimer } from "./election-timer.js";
import { type RaftRole, recordRole } from "./facts.js";
import { HardState } from "./hard-state.js";
import { Leadership } from "./leadership.js";
import type { Log } from "./log.js";
import type { Command, GroupMember, Proposed, Session, StateMachine } from "./machine.js";
import { type MembershipChange, memberOf } from "./membership.js";
import {
  type Admit,
  APPEND_REPLY,
  type Append,
  type AppendReply,
  type Heartbeat,
  type InstallSnapshot,
  REJOIN,
  REPLY_BYTES,
  type Rejoin,
  type TimeoutNow,
  VOTE_REPLY,
  VOTE_REQUEST,
  type VoteReply,
  type VoteRequest,
} from "./messages.js";
import type { MembershipChanged } from "./proposal.js";
import { Replica } from "./replica.js";
import { RETRY_ELECTION_AFTER, TICK } from "./settings.js";
import type { Storage } from "./storage.js";

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

export class RaftMember<C extends Command, R> implements GroupMember<C, R> {
  readonly host: Host;
  readonly group: string;
  readonly storage: Storage;
  readonly log: Log;

  readonly #options: MemberOptions;
  readonly #replica: Replica<C, R>;
  readonly #acknowledgements: Acknowledgements;
  readonly #hardState: HardState;
  readonly #timer: ElectionTimer;
  #role: RaftRole = "recovering";
  #leader: string | undefined;
  #leadership: Leadership<C, R> | undefined;
  #election: Election | undefined;
  /** Whether this host has an identity: one that was wiped has none until it is taken in again. */
  #isReady = false;
  #isFormatting = false;

  constructor(host: Host, machine: StateMachine<C, R>, options: MemberOptions) {
    const { group, configuration, snapshotEvery } = options;
    this.host = host;
    this.group = group;
    this.#options = options;
    this.#replica = new Replica(host, group, machine, configuration, snapshotEvery, {
      onStable: () => this.#onStable(),
      onTrouble: () => this.#stepDown(),
      onConfiguration: () => this.#rest(),
    });
    this.storage = this.#replica.storage;
    this.log = this.#replica.log;
    this.#acknowledgements = new Acknowledgements(host, group, this.storage);
    this.#hardState = new HardState(this.storage);
    this.#timer = new ElectionTimer(host);
  }

  get isLeader(): boolean {
    return this.#leadership !== undefined;
  }

  get role(): RaftRole {
    return this.#role;
  }

  get term(): number {
    return this.#hardState.term;
  }

  get leader(): string | undefined {
    return this.#leader;
  }

  get machine(): StateMachine<C, R> {
    return this.#replica.machine;
  }

  get commit(): number {
    return this.#replica.commit;
  }

  /** Who belongs to the group, as far as this member knows. */
  get configuration(): Configuration {
    return this.#replica.configuration;
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
    const recovered = await this.#replica.recover(this.#options.contentGeneration);
    this.#timer.restart();
    if (recovered.status === "lost") this.#recordRole("recovering");
    else this.#begin(recovered.identity.term, recovered.identity.vote);
  }

  /** The regular look at the time. */
  tick(now: Micros): void {
    if (!this.#isReady) {
      this.#askToRejoin();
    } else if (this.#leadership !== undefined) {
      if (!this.#leadership.tick(now)) this.#stepDown();
    } else if (this.#election !== undefined && !this.#timer.isOver(now)) {
      if (this.#hardState.isStable) this.#ask(this.#election);
    } else if (this.#timer.isOver(now) || this.host.buggify("raft/election-eager")) {
      if (this.#mayLead() && this.storage.isWell(now)) this.#stand(true, false);
    }
  }

  /** Gives this member's sign of life to every host that wants one. */
  heartbeat(give: (to: string, heartbeat: Heartbeat) => void): void {
    const leader = this.#leader;
    if (this.#leadership !== undefined) {
      this.#leadership.heartbeat(give);
    } else if (leader !== undefined && this.#isReady && this.storage.stableTerm >= this.term) {
      const { contentGeneration } = this.storage;
      const index = this.#acknowledgements.stableMatch;
      give(leader, { group: this.group, term: this.term, leads: false, index, contentGeneration });
    }
  }

  onHeartbeat(heartbeat: Heartbeat, from: string): void {
    if (!this.#isReady) return;
    if (heartbeat.term < this.term) {
      if (heartbeat.leads) this.#rejectFrom(from, 0, 0);
      return;
    }
    if (!heartbeat.leads) {
      if (this.#adopt(heartbeat.term)) this.#leadership?.onHeartbeat(heartbeat, from);
      return;
    }
    if (!this.#follow(heartbeat.term, from)) return;
    if (heartbeat.contentGeneration === this.storage.contentGeneration) {
      this.#replica.commitTo(Math.min(heartbeat.index, this.log.lastIndex));
    }
  }

  onVoteRequest(request: VoteRequest, from: string): void {
    if (!this.#isReady || this.#isStranger(from, request.contentGeneration)) return;
    const { term, pre, transfer } = request;
    const isServed =
      this.#leadership !== undefined || (this.#leader !== undefined && this.#timer.followsLeader());
    if (term < this.term || (isServed && !transfer)) {
      this.#replyToVote(from, request, false);
      return;
    }
    const { last } = this.log;
    const isUpToDate =
      request.lastTerm > last.term || (request.lastTerm === last.term && request.lastIndex >= last.index);
    const deserves = isUpToDate || this.host.defect("election-without-up-to-date-check");
    const isNewer = term > this.term;
    if (pre) {
      this.#replyToVote(from, request, deserves && isNewer);
      return;
    }
    const granted = deserves && (isNewer || this.#hardState.vote === null || this.#hardState.vote === from);
    if (isNewer && !this.#adopt(term, granted ? from : null)) return;
    if (granted) {
      this.#timer.wait();
      this.#hardState.give(from);
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
    if (append.term < this.term && !this.host.defect("deposed-leader-goes-on-writing")) {
      this.#rejectFrom(from, append.prevIndex, append.round);
      return;
    }
    if (!this.#follow(append.term, from)) return;
    const { prevIndex, prevTerm, entries } = append;
    const { log } = this;
    const isBehind = prevIndex > log.lastIndex;
    // Up to its base the log is committed, and agrees with every leader's.
    if (isBehind || (prevIndex > log.base.index && log.termAt(prevIndex) !== prevTerm)) {
      const tryNext = isBehind ? log.lastIndex : this.#replica.beforeTermAt(prevIndex);
      this.#rejectFrom(from, prevIndex, append.round, tryNext);
      return;
    }
    const end = prevIndex + entries.length;
    this.#replica.take(entries, end);
    this.#acknowledgements.matches(end);
    this.#acknowledgements.owe(from, append.term, prevIndex, append.round, entries.length === 0);
    this.#replica.commitTo(Math.min(append.commit, end));
  }

  onAppendReply(reply: AppendReply, from: string): void {
    if (!this.#isReady) return;
    if (reply.term < this.term || !this.#adopt(reply.term)) return;
    this.#leadership?.onAppendReply(reply, from);
  }

  onInstallSnapshot(message: InstallSnapshot, from: string): void {
    const { snapshot, term, contentGeneration, round } = message;
    if (!this.#isReady || contentGeneration !== this.storage.contentGeneration) return;
    if (term < this.term) {
      this.#rejectFrom(from, 0, round);
      return;
    }
    if (!this.#follow(term, from)) return;
    this.#replica.install(snapshot);
    this.#acknowledgements.matches(snapshot.index);
    this.#acknowledgements.owe(from, term, snapshot.index, round, false);
  }

  onTakeOver(message: TimeoutNow): void {
    if (!this.#isReady || message.term !== this.term || this.#leadership !== undefined) return;
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
    this.#isFormatting = false;
    this.#timer.wait();
    this.#begin(admit.term, from);
  }

  #begin(term: number, vote: string | null): void {
    this.#hardState.resume(term, vote);
    this.#isReady = true;
    this.#become(this.#restingRole());
  }

  #stepDown(): void {
    if (this.#leadership === undefined && this.#election === undefined) return;
    this.#leader = undefined;
    this.#timer.wait();
    this.#become(this.#restingRole());
  }

  /** @param index where the leader should try next. */
  #rejectFrom(to: string, prevIndex: number, round: number, index = 0): void {
    const { group, host } = this;
    const term = this.term;
    const { contentGeneration } = this.storage;
    const reply: AppendReply = { group, term, ok: false, index, prevIndex, round, contentGeneration };
    this.#hardState.whenStable(() => host.send(APPEND_REPLY, to, reply, REPLY_BYTES));
  }

  #replyToVote(to: string, { pre, term }: VoteRequest, granted: boolean): void {
    const { group, host } = this;
    const { contentGeneration } = this.storage;
    const reply: VoteReply = { group, term: granted ? term : this.term, pre, granted, contentGeneration };
    if (pre) host.send(VOTE_REPLY, to, reply, REPLY_BYTES);
    else this.#hardState.whenStable(() => host.send(VOTE_REPLY, to, reply, REPLY_BYTES));
  }

  #onStable(): void {
    this.#hardState.onStable();
    this.#acknowledgements.send();
    this.#leadership?.onStable();
    this.#replica.takeSnapshot();
  }

  /** Stands for election, or asks first whether that makes sense. */
  #stand(pre: boolean, transfer: boolean): void {
    const { host } = this;
    this.#timer.wait(RETRY_ELECTION_AFTER);
    this.#leader = undefined;
    if (pre) {
      this.#election = new Election(true, this.term + 1, transfer);
      this.#become("pre-candidate");
      this.#campaign(this.#election);
      return;
    }
    const isRepeated = this.#hardState.vote === host.id && host.defect("epoch-reused-after-restart");
    this.#hardState.enter(this.term + (isRepeated ? 0 : 1), host.id);
    this.#forgetLeader();
    const election = new Election(false, this.term, transfer);
    this.#election = election;
    this.#become("candidate");
    this.#hardState.whenStable(() => {
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
      if (isAsked) host.send(VOTE_REQUEST, id, request, REPLY_BYTES);
    }
  }

  #count(election: Election, from: string, contentGeneration: number): void {
    election.grant(from, contentGeneration, this.configuration, () => this.host.defect("GW10"));
    if (!election.isWon(this.configuration)) return;
    if (election.pre) this.#stand(false, false);
    else this.#lead();
  }

  #lead(): void {
    const { host } = this;
    this.#leader = host.id;
    const isUnderLoad = this.log.lastIndex > this.#replica.commit;
    const { answersFast } = this.#options;
    this.#leadership = new Leadership(this.#replica, this.term, answersFast, () => this.#stepDown());
    this.#replica.office = this.#leadership;
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
    this.#leader = leader;
    this.#timer.leaderHeard();
    return true;
  }

  /** Takes over a later term. False when this member goes on as if there were none. */
  #adopt(term: number, vote: string | null = null): boolean {
    if (term <= this.term) return true;
    if (this.#leadership !== undefined && this.host.defect("deposed-leader-goes-on-writing")) return false;
    this.#hardState.enter(term, vote);
    this.#forgetLeader();
    this.#timer.wait();
    this.#become(this.#restingRole());
    return true;
  }

  #forgetLeader(): void {
    this.#leader = undefined;
    this.#acknowledgements.forget();
  }

  /** Whether a candidate is an older identity of one whom the configuration knows by a newer one. */
  #isStranger(id: string, contentGeneration: number): boolean {
    const known = memberOf(this.configuration, id);
    if (known === undefined || known.contentGeneration <= contentGeneration) return false;
    return !this.host.defect("GW10");
  }

  #mayLead(): boolean {
    return this.#replica.ownRecord?.role === "voter";
  }

  #restingRole(): RaftRole {
    switch (this.#replica.ownRecord?.role) {
      case "voter":
        return "follower";
      case "witness":
        return "witness";
      case "learner":
      case undefined:
        return "learner";
    }
  }

  /** The log's end, or who belongs to the group, has changed: this member may have another role. */
  #rest(): void {
    this.#acknowledgements.cutAfter(this.log.lastIndex);
    if (this.#role === "follower" || this.#role === "learner" || this.#role === "witness") {
      this.#become(this.#restingRole());
    }
  }

  #become(role: RaftRole): void {
    if (role !== "leader" && this.#leadership !== undefined) {
      const ended = this.#leadership;
      this.#leadership = undefined;
      this.#replica.office = undefined;
      ended.end();
      this.host.reached("raft: leader-stepped-down");
    }
    if (role !== "candidate" && role !== "pre-candidate") this.#election = undefined;
    if (role === this.#role) return;
    this.#recordRole(role);
    this.#role = role;
  }

  #recordRole(to: RaftRole): void {
    const { commit } = this.#replica;
    recordRole(this.host, this.group, this.#role, to, this.term, this.log.last, commit);
  }

  #askToRejoin(): void {
    const { host, group } = this;
    const rejoin: Rejoin = { group, incarnation: host.incarnation };
    if (this.#isFormatting) return;
    for (const { id } of this.configuration.members)
      if (id !== host.id) host.send(REJOIN, id, rejoin, REPLY_BYTES);
  }
}
