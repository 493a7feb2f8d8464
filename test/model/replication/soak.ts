/** One stormy universe with clients at work, and what became of it. */

import { Checker } from "../../../src/check/checker.js";
import type { MemberRole } from "../../../src/model/replication/configuration.js";
import { raftProperties } from "../../../src/model/replication/properties/index.js";
import type { HistoryEvent } from "../../../src/sim/history.js";
import type { Host } from "../../../src/sim/host.js";
import { SECOND } from "../../../src/sim/time.js";
import { Cluster, type ClusterOptions, type Ledger, runClient } from "./cluster.js";
import { Invariants } from "./invariants.js";
import { storm } from "./storm.js";

export interface SoakOptions extends ClusterOptions {
  readonly faultCount?: number;
  readonly damage?: boolean;
  /** Of the hosts a, b and c; all are voters by default. */
  readonly roles?: readonly MemberRole[];
}

export interface SoakOutcome {
  readonly violations: readonly string[];
  readonly answered: number;
  readonly events: number;
  readonly cluster: Cluster;
}

const HEAL_AT = 30 * SECOND;
const DURATION = 50 * SECOND;

export async function soak(seed: number, options: SoakOptions = {}): Promise<SoakOutcome> {
  const { roles = [] } = options;
  const hosts = ["a", "b", "c"].slice(0, roles.length || 3);
  const faults =
    options.faults ??
    storm(seed, {
      hosts,
      from: 4 * SECOND,
      until: HEAL_AT,
      faults: options.faultCount ?? 12,
      damage: options.damage ?? true,
    });
  const cluster = new Cluster({
    seed,
    hosts: [...hosts, "client"],
    healAt: HEAL_AT,
    duration: DURATION,
    knobs: { buggify: true },
    ...options,
    faults,
    group: {
      members: hosts.map((id, i) => ({ id, role: roles[i] ?? "voter", contentGeneration: 1 })),
      snapshotEvery: 20,
      ...options.group,
    },
  });
  const invariants = new Invariants(cluster);
  const { history, plan } = cluster.world;
  const checker = new Checker(raftProperties, plan, (id) => history.events[id] as HistoryEvent); // of this history
  history.on((event) => checker.on(event));
  const answers = new Map<string, number>();
  let lateAnswers = 0;
  const staleReads: string[] = [];
  cluster.onStart = (host) => {
    if (host.id !== "client") return;
    void readNow(cluster, host, () => answers.size, staleReads);
    for (const letter of ["x", "y", "z"]) {
      const name = `${letter}${host.incarnation}`;
      runClient(
        cluster,
        host,
        name,
        60_000,
        (item, position) => {
          answers.set(item, position);
          if (cluster.world.now > HEAL_AT + 10 * SECOND) lateAnswers++;
        },
        DURATION - 3 * SECOND,
      );
    }
  };
  await cluster.world.run();
  const violations = [...invariants.violations, ...staleReads];
  checker.end(cluster.world.now);
  for (const { property, message } of checker.violations) violations.push(`${property}: ${message}`);
  const { failure } = cluster.world;
  if (options.damage === false) {
    const lost = history.events.filter((event) => event.kind === "state" && event.to === "recovering");
    for (const { host, at } of lost) violations.push(`${at}: ${host} took a crash for damage`);
  }
  if (failure !== undefined) violations.push(`failure on ${failure.host}: ${describe(failure.error)}`);
  for (const id of hosts) {
    const { items } = cluster.member(id).machine as unknown as { items: string[] };
    const { role } = cluster.member(id);
    if (role === "witness" && roles[hosts.indexOf(id)] === "witness") continue;
    if (role !== "follower" && role !== "leader") violations.push(`${id} did not come back: ${role}`);
    for (const [item, position] of answers) {
      if (items[position] !== item) {
        violations.push(`${id} has ${items[position]} in the place of ${item}, answered as ${position}`);
        break;
      }
    }
    if (new Set(items).size !== items.length) violations.push(`${id} has an item twice`);
  }
  if (lateAnswers < 20) violations.push(`after healing only ${lateAnswers} requests were answered`);
  return { violations, answered: answers.size, events: cluster.world.history.events.length, cluster };
}

/** Reads from whoever thinks that it leads: nothing that was answered before may be missing. */
async function readNow(
  cluster: Cluster,
  host: Host,
  answered: () => number,
  staleReads: string[],
): Promise<void> {
  for (;;) {
    await host.sleep(50_000);
    for (const id of cluster.ids) {
      const member = cluster.members.get(id)?.[0];
      if (member?.isLeader !== true || !cluster.world.machine(id).up) continue;
      const before = answered();
      const holds = await Promise.race([member.readBarrier(), host.sleep(1_000_000)]);
      const { items } = member.machine as Ledger;
      if (holds === true && items.length < before) {
        staleReads.push(
          `${cluster.world.now}: ${id} read ${items.length} items after ${before} were answered`,
        );
      }
    }
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
