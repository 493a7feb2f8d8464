/**
 * All members that live on one host, one for each group: what they share. There is one timer for all of them, and one
 * message to each other host now and then with the signs of life of all groups, so that a group in which nothing
 * happens costs next to nothing.
 */
import type { Host, Message } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Configuration, MemberRole } from "./configuration.js";
import type { Command, GroupMember, StateMachine } from "./machine.js";
import type { MembershipChange } from "./membership.js";
import {
  ADMIT,
  APPEND,
  APPEND_REPLY,
  HEARTBEATS,
  type Heartbeat,
  INSTALL_SNAPSHOT,
  REJOIN,
  TIMEOUT_NOW,
  VOTE_REPLY,
  VOTE_REQUEST,
} from "./messages.js";
import { RaftMember } from "./raft.js";
import { SNAPSHOT_EVERY, TICK } from "./settings.js";

/** Where a group begins. The same on all its hosts. */
export interface GroupConfig {
  readonly group: string;
  readonly members: readonly {
    readonly id: string;
    readonly role: MemberRole;
    /** 1 unless there is a reason. */
    readonly contentGeneration: number;
  }[];
  /**
   * When a request is answered: by default once a majority has it. With `local-fast-path` once the leader's own disk has it: what
   * was answered is then lost if the leader is lost before anybody else got it.
   */
  readonly acknowledgement?: "quorum" | "local-fast-path";
  /** Entries from one snapshot to the next; by default what the host's options say. */
  readonly snapshotEvery?: number;
}

export interface ReplicaHostOptions {
  /** For groups that don't say: entries from one snapshot to the next. Default: the knob `raft.snapshotEvery`, or 256. */
  readonly snapshotEvery?: number;
}

/** What one group's sign of life takes of the bandwidth. */
const HEARTBEAT_BYTES = 24;

export class ReplicaHost {
  readonly #host: Host;
  readonly #members = new Map<string, RaftMember<Command, unknown>>();
  readonly #snapshotEvery: number;

  constructor(host: Host, options: ReplicaHostOptions = {}) {
    this.#host = host;
    this.#snapshotEvery = options.snapshotEvery ?? knob(host, "raft.snapshotEvery", SNAPSHOT_EVERY);
  }

  /** Adds a member with its fresh state machine. All are added before `start`. */
  addGroup<C extends Command, R>(group: GroupConfig, machine: StateMachine<C, R>): RaftMember<C, R> {
    const host = this.#host;
    invariant(!this.#members.has(group.group), "a host has one member of a group");
    const own = group.members.find(({ id }) => id === host.id);
    const configuration: Configuration = {
      generation: 1,
      members: group.members.map(({ id, role, contentGeneration }) => ({
        id,
        role,
        contentGeneration,
        incarnation: 1,
      })),
    };
    const member = new RaftMember<C, R>(host, machine, {
      group: group.group,
      configuration,
      contentGeneration: own?.contentGeneration ?? 1,
      answersFast: group.acknowledgement === "local-fast-path",
      snapshotEvery: group.snapshotEvery ?? this.#snapshotEvery,
    });
    this.#members.set(group.group, member as unknown as RaftMember<Command, unknown>); // messages don't tell types
    return member;
  }

  /** The member of a group on this host. */
  member(group: string): RaftMember<Command, unknown> | undefined {
    return this.#members.get(group);
  }

  /** Recovers all groups from the disk, then takes part. */
  async start(): Promise<void> {
    const host = this.#host;
    this.#listen(VOTE_REQUEST, (member, body, from) => member.onVoteRequest(body, from));
    this.#listen(VOTE_REPLY, (member, body, from) => member.onVoteReply(body, from));
    this.#listen(APPEND, (member, body, from) => member.onAppend(body, from));
    this.#listen(APPEND_REPLY, (member, body, from) => member.onAppendReply(body, from));
    this.#listen(INSTALL_SNAPSHOT, (member, body, from) => member.onInstallSnapshot(body, from));
    this.#listen(TIMEOUT_NOW, (member, body) => member.onTakeOver(body));
    this.#listen(REJOIN, (member, body, from) => member.onRejoin(body, from));
    this.#listen(ADMIT, (member, body, from) => void member.onAdmit(body, from));
    host.onMessage(HEARTBEATS, ({ heartbeats }, from) => {
      for (const heartbeat of heartbeats) this.#members.get(heartbeat.group)?.onHeartbeat(heartbeat, from);
    });
    await Promise.all([...this.#members.values()].map((member) => member.recover()));
    // Not all hosts at once, even when all were switched on together.
    host.after(host.random.below(TICK[0]), () => this.#tick());
  }

  #listen<B extends { readonly group: string }>(
    message: Message<B>,
    handle: (member: RaftMember<Command, unknown>, body: B, from: string) => void,
  ): void {
    this.#host.onMessage(message, (body, from) => {
      const member = this.#members.get(body.group);
      if (member !== undefined) handle(member, body, from);
    });
  }

  #tick(): void {
    const host = this.#host;
    const now = host.clock.monotonic();
    host.after(host.random.between(TICK[0], TICK[1]), () => this.#tick());
    for (const member of this.#members.values()) member.tick(now);
    this.#heartbeat();
  }

  #heartbeat(): void {
    const beatsByHost = new Map<string, Heartbeat[]>();
    const give = (to: string, heartbeat: Heartbeat): void => {
      const heartbeats = beatsByHost.get(to);
      if (heartbeats === undefined) beatsByHost.set(to, [heartbeat]);
      else heartbeats.push(heartbeat);
    };
    for (const member of this.#members.values()) member.heartbeat(give);
    for (const [to, heartbeats] of beatsByHost)
      this.#host.send(HEARTBEATS, to, { heartbeats }, heartbeats.length * HEARTBEAT_BYTES);
  }
}

function knob(host: Host, name: string, byDefault: number): number {
  const value = host.knobs[name];
  return typeof value === "number" ? value : byDefault;
}

export type { GroupMember, MembershipChange };
