/**
 * Faults let loose on a drill: each begins at its time, or as soon after as no other fault holds its target, does what it says
 * to real processes and links, and ends when its own time is over. When it really began and ended goes into the history; a
 * fault is said to have struck when the system call, or the rule on the link, is done.
 */
import { readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fact } from "../sim/history.js";
import type { Plan } from "../sim/plan.js";
import type { Random } from "../sim/random.js";
import type { Micros } from "../sim/time.js";
import { type Cluster, type LinkRule, NO_RULE } from "./cluster.js";
import { ALL_SERVERS, type BlockDamage, LEADER, type LiveFault, META, serversOf } from "./faults.js";

/** What a storm needs of the drill that it strikes. */
export interface StormTarget {
  readonly plan: Plan;
  readonly cluster: Cluster;
  now(): Micros;
  record(host: string, fact: Fact): void;
  /** Who leads a log's stream at this moment. */
  leaderOf(log: string): Promise<string | undefined>;
  /** The stream that stands for a log. */
  streamOf(log: string): string;
  /** Kills a server or a process; resolves when it is gone. */
  kill(id: string): Promise<void>;
  /** Starts it again. */
  start(id: string): Promise<void>;
  signal(id: string, signal: "SIGSTOP" | "SIGCONT"): void;
}

/** A fault that began: from when to when, and whom it really struck. */
export interface Struck {
  readonly fault: LiveFault;
  readonly from: Micros;
  readonly to: Micros;
  readonly targets: readonly string[];
  /** Of a fault of links: the servers at their other ends. */
  readonly others: readonly string[];
}

type Meant = Pick<Struck, "targets" | "others">;

/** A link of the simulator with this factor takes so many milliseconds more here: loopback itself takes next to nothing. */
const MS_PER_FACTOR = 1;
const POLL_MS = 50;
const MICROS_PER_MS = 1000;

export class Storm {
  readonly struck: Struck[] = [];
  readonly #target: StormTarget;
  readonly #random: Random;
  readonly #busy = new Set<string>();

  constructor(target: StormTarget, random: Random) {
    this.#target = target;
    this.#random = random;
  }

  /** Lets all of them loose; resolves when the last has ended. Nothing begins any more when `stop` is aborted. */
  async run(faults: readonly LiveFault[], stop: AbortSignal): Promise<void> {
    await Promise.all(faults.map((fault) => this.#strike(fault, stop)));
  }

  async #strike(fault: LiveFault, stop: AbortSignal): Promise<void> {
    await sleepUntil(fault.at, this.#target, stop);
    const meant = await this.#take(fault, stop);
    if (meant === undefined) return;
    const { targets } = meant;
    const target = this.#target;
    const aimed = textOf(fault).includes(LEADER) ? targets[0] : undefined;
    const fact = { kind: "fault", fault: fault.id, faultKind: fault.kind, target: textOf(fault) } as const;
    const from = target.now();
    target.record("world", { ...fact, ...(aimed === undefined ? {} : { there: aimed }), phase: "start" });
    try {
      const end = await this.#begin(fault, meant);
      target.record("world", { ...fact, phase: "fired" });
      await sleepUntil(from + fault.for, target, stop);
      await end();
      target.record("world", { ...fact, phase: "end" });
      this.struck.push({ fault, from, to: target.now(), ...meant });
    } finally {
      for (const id of targets) this.#busy.delete(id);
    }
  }

  /** Those whom a fault means, once no other fault holds any of them; undefined when that does not come in time. */
  async #take(fault: LiveFault, stop: AbortSignal): Promise<Meant | undefined> {
    const until = fault.at + fault.for;
    while (!stop.aborted && this.#target.now() < until) {
      const meant = await this.#meant(fault);
      if (meant?.targets.every((id) => !this.#busy.has(id))) {
        for (const id of meant.targets) this.#busy.add(id);
        return meant;
      }
      await sleep(POLL_MS);
    }
    return undefined;
  }

  async #meant(fault: LiveFault): Promise<Meant | undefined> {
    const targets = await this.#all("a" in fault ? fault.a : "from" in fault ? [fault.from] : [fault.target]);
    const others = await this.#all("b" in fault ? fault.b : "to" in fault ? [fault.to] : [ALL_SERVERS]);
    if (targets === undefined || others === undefined) return undefined;
    return { targets, others: others.filter((id) => !targets.includes(id)) };
  }

  async #all(selectors: readonly string[]): Promise<readonly string[] | undefined> {
    const found: string[] = [];
    for (const selector of selectors) {
      if (selector === ALL_SERVERS) found.push(...serversOf(this.#target.plan));
      else if (selector.startsWith(LEADER)) {
        const log = selector.slice(LEADER.length);
        const leader =
          log === META ? await this.#target.cluster.metaLeader() : await this.#target.leaderOf(log);
        if (leader === undefined) return undefined;
        found.push(leader);
      } else found.push(selector);
    }
    return [...new Set(found)];
  }

  /** Does it. Resolves to how it is undone. */
  async #begin(fault: LiveFault, { targets, others }: Meant): Promise<() => void | Promise<void>> {
    const { cluster } = this.#target;
    switch (fault.kind) {
      case "crash":
        await Promise.all(targets.map((id) => this.#target.kill(id)));
        return async () => {
          await Promise.all(targets.map((id) => this.#target.start(id)));
        };
      case "pause":
        for (const id of targets) this.#target.signal(id, "SIGSTOP");
        return () => {
          for (const id of targets) this.#target.signal(id, "SIGCONT");
        };
      case "cut":
        return this.#links(targets, others, { ...NO_RULE, cut: true }, false);
      case "partition": {
        const end = this.#links(targets, others, { ...NO_RULE, held: true }, fault.oneWay);
        return () => {
          end();
          cluster.breakLinks(targets, others); // what was on its way when nothing passed is lost
        };
      }
      case "clog":
        return this.#links(targets, others, { ...NO_RULE, held: true }, true);
      case "slow-link": {
        const delayMs = Math.round(fault.factor * MS_PER_FACTOR);
        return this.#links(targets, others, { ...NO_RULE, delayMs }, true);
      }
      case "bandwidth": {
        const { bytesPerSecond } = fault;
        return this.#links(targets, others, { ...NO_RULE, bytesPerSecond }, true);
      }
      case "block-flipped":
      case "block-cut-short":
      case "block-removed":
        await Promise.all(targets.map((id) => this.#target.kill(id)));
        for (const id of targets)
          damage(fault, this.#target.streamOf(fault.log), cluster.storeOf(id), this.#random);
        return async () => {
          await Promise.all(targets.map((id) => this.#target.start(id)));
        };
    }
  }

  #links(from: readonly string[], to: readonly string[], rule: LinkRule, oneWay: boolean): () => void {
    const { cluster } = this.#target;
    const ends = [cluster.addRule(from, to, rule)];
    if (!oneWay) ends.push(cluster.addRule(to, from, rule));
    return () => {
      for (const end of ends) end();
    };
  }
}

async function sleepUntil(at: Micros, target: StormTarget, stop: AbortSignal): Promise<void> {
  while (!stop.aborted) {
    const left = (at - target.now()) / MICROS_PER_MS;
    if (left <= 0) return;
    await sleep(Math.min(left, POLL_MS * 4));
  }
}

/** Whom a fault means, as its plan says. */
export function textOf(fault: LiveFault): string {
  switch (fault.kind) {
    case "partition":
      return `${fault.a.join(", ")} ${fault.oneWay ? "→" : "↔"} ${fault.b.join(", ")}`;
    case "clog":
    case "slow-link":
    case "bandwidth":
      return `${fault.from} → ${fault.to}`;
    default:
      return fault.target;
  }
}

/** Damages the newest block of a log's stream in a server's store, which is down. */
function damage({ kind }: BlockDamage, stream: string, store: string, random: Random): void {
  const block = newestBlock(store, stream);
  if (block === undefined) return;
  const { size } = statSync(block);
  switch (kind) {
    case "block-removed":
      rmSync(block);
      return;
    case "block-cut-short":
      truncateSync(block, random.below(Math.max(1, size)));
      return;
    case "block-flipped": {
      const bytes = readFileSync(block);
      const at = random.below(Math.max(1, size));
      bytes.writeUInt8((bytes[at] ?? 0) ^ (1 << random.below(8)), at);
      writeFileSync(block, bytes);
      return;
    }
  }
}

function newestBlock(store: string, stream: string): string | undefined {
  const blocks = readdirSync(store, { recursive: true, encoding: "utf8" }).filter(
    (path) => path.includes(`/streams/${stream}/msgs/`) && path.endsWith(".blk"),
  );
  const newest = blocks
    .map((path) => join(store, path))
    .filter((path) => statSync(path).size > 0)
    .sort((a, b) => numberOf(a) - numberOf(b));
  return newest.at(-1);
}

const numberOf = (path: string): number => Number(/(\d+)\.blk$/.exec(path)?.[1] ?? 0);
