/**
 * The groups that one broker has a member of: the one that all brokers share, and two of its own, on file and in memory.
 *
 * Each has its own time: the machine's latest, carried on by the leader's monotonic clock from where it found it when it
 * took over.
 */
import type { Host, Micros } from "seedstorm";
import type { GroupMember, Proposed, Session } from "../replication/machine.js";
import type { GroupConfig, ReplicaHost } from "../replication/replica-host.js";
import type { BrokerCommand, BrokerResult, ClientCommand, Declaration } from "./commands.js";
import type { StreamConfig } from "./config.js";
import { LocalGroup } from "./local-group.js";
import { BrokerMachine } from "./machine.js";

/** The group of all brokers: streams of three replicas, and the catalogue of all. */
export const SHARED = "broker";

/** The broker that has a stream of one replica. */
export function placementOf(config: StreamConfig, brokers: readonly string[]): string {
  return config.placement ?? brokers[0] ?? "";
}

/** What a broker proposes, for a client or by itself. */
type GroupCommand = ClientCommand | { readonly type: "adopt-stream"; readonly declaration: Declaration };

export class BrokerGroup {
  readonly member: GroupMember<BrokerCommand, BrokerResult>;
  readonly machine: BrokerMachine;
  readonly #host: Host;
  /** Where the leader's clock and the machine's time were when this broker began to lead. */
  #base: { readonly term: number; readonly now: Micros; readonly clock: Micros } | undefined;

  constructor(host: Host, member: GroupMember<BrokerCommand, BrokerResult>, machine: BrokerMachine) {
    this.#host = host;
    this.member = member;
    this.machine = machine;
  }

  propose(command: GroupCommand, session: Session | undefined): Promise<Proposed<BrokerResult>> {
    return this.member.propose({ ...command, at: this.#time() }, session);
  }

  #time(): Micros {
    const clock = this.#host.clock.monotonic();
    const { term } = this.member;
    if (this.#base?.term !== term) this.#base = { term, now: this.machine.now, clock };
    return Math.max(this.machine.now, this.#base.now + clock - this.#base.clock);
  }
}

export interface BrokerGroups {
  readonly shared: BrokerGroup;
  readonly file: BrokerGroup;
  readonly memory: BrokerGroup;
}

/** Makes this broker's members. To be called before the replica host starts. */
export function brokerGroups(host: Host, replicas: ReplicaHost, brokers: readonly string[]): BrokerGroups {
  const defect = (id: string): boolean => host.defect(id);
  const isHere = (config: StreamConfig): boolean =>
    config.replicas === 1 && placementOf(config, brokers) === host.id;
  const replicated = (group: string, members: readonly string[], owns: (config: StreamConfig) => boolean) => {
    const machine = new BrokerMachine({ brokers, owns }, defect);
    const config: GroupConfig = {
      group,
      members: members.map((id) => ({ id, role: "voter", contentGeneration: 1 })),
    };
    return new BrokerGroup(host, replicas.addGroup(config, machine), machine);
  };
  const memory = new BrokerMachine(
    {
      brokers,
      owns: (config) => isHere(config) && config.storage === "memory",
      life: `${host.incarnation}/`,
    },
    defect,
  );
  return {
    shared: replicated(SHARED, brokers, ({ replicas: count }) => count === 3),
    file: replicated(
      `${SHARED}.${host.id}`,
      [host.id],
      (config) => isHere(config) && config.storage === "file",
    ),
    // What it had is lost with each life: in the history, every life is a group of its own.
    memory: new BrokerGroup(
      host,
      new LocalGroup(host, `${SHARED}.${host.id}.memory-${host.incarnation}`, memory),
      memory,
    ),
  };
}
