/** A small replicated ledger for tests: hosts, one or more groups, clients that repeat what was not answered. */

import type {
  Applied,
  Command,
  Deadline,
  LogPosition,
  Proposed,
  Session,
  StateMachine,
} from "../../../src/model/replication/machine.js";
import type { RaftMember } from "../../../src/model/replication/raft.js";
import { type GroupConfig, ReplicaHost } from "../../../src/model/replication/replica-host.js";
import type { Host } from "../../../src/sim/host.js";
import type { Json } from "../../../src/sim/plan.js";
import type { World } from "../../../src/sim/world.js";
import { type UniverseOptions, universe } from "../../support/universe.js";

export interface Add extends Command {
  readonly type: "add";
  readonly item: string;
  /** Set: the item is taken out again by a deadline after so long. */
  readonly expiresAfter?: number;
}
export interface Drop extends Command {
  readonly type: "drop";
  readonly item: string;
}
export type LedgerCommand = Add | Drop;

/** A list of items in the order of their arrival; the answer is the position. */
export class Ledger implements StateMachine<LedgerCommand, number> {
  items: string[] = [];
  #deadlines: readonly Deadline<LedgerCommand>[] = [];

  apply(command: LedgerCommand, { index }: LogPosition): Applied<number> {
    const { item } = command;
    if (command.type === "drop") {
      this.#deadlines = this.#deadlines.filter(({ key }) => key !== item);
      return { result: -1, writes: [{ key: `dropped/${item}`, value: true }] };
    }
    this.items.push(item);
    if (command.expiresAfter !== undefined) {
      const deadline = { key: item, generation: 1, after: command.expiresAfter };
      this.#deadlines = [...this.#deadlines, { ...deadline, command: { type: "drop", item } as const }];
    }
    const position = this.items.length - 1;
    return {
      result: position,
      writes: [{ key: `item/${position}`, value: item }],
      facts: [{ kind: "operator", operation: "added", detail: { item, index } }],
    };
  }

  snapshot(): Json {
    return { items: [...this.items], deadlines: this.#deadlines as unknown as Json };
  }

  restore(snapshot: Json): void {
    const { items, deadlines } = snapshot as unknown as {
      items: string[];
      deadlines: readonly Deadline<LedgerCommand>[];
    };
    this.items = [...items];
    this.#deadlines = deadlines;
  }

  deadlines(): readonly Deadline<LedgerCommand>[] {
    return this.#deadlines;
  }
}

export type LedgerMember = RaftMember<LedgerCommand, number>;

export interface ClusterOptions extends UniverseOptions {
  readonly group?: Partial<GroupConfig>;
  readonly groups?: readonly string[];
  /** Buggify points that fire each time. */
  readonly always?: readonly string[];
}

export class Cluster {
  readonly world: World;
  readonly ids: readonly string[];
  /** Of the current life of each host. */
  readonly members = new Map<string, LedgerMember[]>();
  readonly hosts = new Map<string, Host>();
  onStart: ((host: Host, members: LedgerMember[]) => void) | undefined;

  constructor(options: ClusterOptions = {}) {
    this.world = universe(options);
    this.ids = this.world.plan.topology.map(({ id }) => id);
    const names = options.groups ?? ["ledger"];
    const members = this.ids.map((id) => ({ id, role: "voter" as const, contentGeneration: 1 }));
    for (const id of this.ids) {
      this.world.onBoot(id, async (plain) => {
        const host = options.always === undefined ? plain : troubled(plain, options.always);
        const replica = new ReplicaHost(host);
        const own = names.map((group) =>
          replica.addGroup({ members, ...options.group, group }, new Ledger()),
        );
        this.members.set(id, own);
        this.hosts.set(id, host);
        await replica.start();
        this.onStart?.(host, own);
      });
    }
  }

  member(id: string): LedgerMember {
    const member = this.members.get(id)?.[0];
    if (member === undefined) throw new Error(`no member on ${id}`);
    return member;
  }

  host(id: string): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }

  /** The leader with the highest term, among hosts that are up. */
  leader(): LedgerMember | undefined {
    let newest: LedgerMember | undefined;
    for (const id of this.ids) {
      if (!this.world.machine(id).up) continue;
      const member = this.members.get(id)?.[0];
      if (member?.isLeader && member.term > (newest?.term ?? -1)) newest = member;
    }
    return newest;
  }

  requireLeader(): LedgerMember {
    const leader = this.leader();
    if (leader === undefined) throw new Error("nobody leads");
    return leader;
  }

  /** Runs until the answer is there, at most for `within` microseconds. */
  async outcome<T>(asked: Promise<T>, within = 5_000_000): Promise<T | undefined> {
    let answer: T | undefined;
    let isThere = false;
    void asked.then((value) => {
      answer = value;
      isThere = true;
    });
    const until = this.world.now + within;
    while (!isThere && this.world.now < until && this.world.failure === undefined) {
      await this.world.run(Math.min(until, this.world.now + 20_000));
    }
    this.check();
    return answer;
  }

  async run(until: number): Promise<void> {
    await this.world.run(until);
    this.check();
  }

  check(): void {
    const { failure } = this.world;
    if (failure !== undefined)
      throw failure.error instanceof Error ? failure.error : new Error(String(failure.error));
  }

  add(item: string, session?: Session): Promise<Proposed<number>> {
    return this.requireLeader().propose({ type: "add", item }, session);
  }
}

/** A host on which some points where trouble is welcome have it each time. */
function troubled(host: Host, points: readonly string[]): Host {
  return new Proxy(host, {
    get(target, property) {
      if (property === "buggify") return (point: string) => points.includes(point) || host.buggify(point);
      const value: unknown = Reflect.get(target, property, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A client that lives on a host, keeps adding items one by one, and repeats each until it is answered. */
export function runClient(
  cluster: Cluster,
  host: Host,
  name: string,
  pause: number,
  onAnswer: (item: string, position: number) => void,
  until = Number.POSITIVE_INFINITY,
): void {
  let sequence = 0;
  const work = async () => {
    while (host.clock.monotonic() < until) {
      await host.sleep(pause);
      const item = `${name}/${sequence}`;
      const session: Session = { client: name, sequence, answeredBelow: sequence };
      for (;;) {
        const leader = cluster.leader();
        const answer =
          leader &&
          (await Promise.race([leader.propose({ type: "add", item }, session), host.sleep(4_000_000)]));
        if (answer?.ok) {
          onAnswer(item, answer.result);
          break;
        }
        await host.sleep(100_000);
      }
      sequence++;
    }
  };
  void work();
}
