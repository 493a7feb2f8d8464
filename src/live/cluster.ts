/**
 * A JetStream cluster on loopback: one `nats-server` for each host with the role `server`, and a proxy of ours on each route, so
 * that links can be held, delayed and cut. Ports and folders are its own. What it takes to judge whether it is well again is
 * asked of the servers themselves.
 */
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Child, Children } from "./children.js";
import {
  configurationText,
  DrillError,
  type NatsServer,
  type NodeConfiguration,
  type SyncInterval,
} from "./nats-server.js";
import { freePorts } from "./ports.js";
import { type DirectionRule, OPEN, RouteProxy } from "./proxy.js";

export interface ClusterOptions {
  readonly server: NatsServer;
  /** Ids of the hosts that servers stand for. */
  readonly nodes: readonly string[];
  readonly folder: string;
  readonly sync: SyncInterval;
  /** Bytes that each server may store. */
  readonly maxFileBytes: number;
}

interface Node {
  readonly id: string;
  readonly configuration: NodeConfiguration;
  readonly folder: string;
  child: Child | undefined;
}

/** One thing that is wrong with what passes from one server to another. */
export interface LinkRule extends DirectionRule {
  /** Connections end, and new ones are refused. */
  readonly cut: boolean;
}

export const NO_RULE: LinkRule = { ...OPEN, cut: false };

/** From a server to another, in that direction. */
interface ActiveRule {
  readonly from: ReadonlySet<string>;
  readonly to: ReadonlySet<string>;
  readonly rule: LinkRule;
}

const PORTS_OF_A_NODE = 4;
const PAUSE_MS = 100;
/** So often ports are chosen before it is given up. */
const ATTEMPTS = 5;
/** What a server says last that could not have one of its ports. */
const PORT_TAKEN = /address already in use/;
/** A server that is asked whether it is well answers within this, or isn't. */
const ASK_MS = 2_000;
/** Lines of a server's log that are shown. */
const SHOWN_LINES = 2;

export class Cluster {
  readonly #options: ClusterOptions;
  readonly #children: Children;
  readonly #nodes = new Map<string, Node>();
  /** By the server that dials, then by the one that is dialled. */
  readonly #proxies = new Map<string, Map<string, RouteProxy>>();
  readonly #rules = new Set<ActiveRule>();
  #isClosed = false;

  constructor(options: ClusterOptions, children: Children) {
    this.#options = options;
    this.#children = children;
  }

  /** URL of a node's client port. */
  urlOf(id: string): string {
    return `127.0.0.1:${this.#node(id).configuration.clientPort}`;
  }

  urls(): string[] {
    return [...this.#nodes.keys()].map((id) => this.urlOf(id));
  }

  storeOf(id: string): string {
    return this.#node(id).configuration.store;
  }

  /** The process of a node that is up. */
  childOf(id: string): Child | undefined {
    return this.#node(id).child;
  }

  /**
   * Starts all nodes and waits until each says that it is well. Ports that were free may be taken by the time when a server wants
   * them: then others are chosen, a few times.
   *
   * @throws DrillError where that does not happen in time.
   */
  async start(timeoutMs: number, stop: AbortSignal): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      await this.#configure();
      await Promise.all(this.#options.nodes.map((id) => this.#spawn(this.#node(id))));
      const dead = await this.#allUp(timeoutMs, stop);
      if (dead.length === 0) break;
      const words = dead.map((id) => this.lastWords(id));
      if (attempt === ATTEMPTS || !words.some((text) => PORT_TAKEN.test(text)))
        throw new DrillError(`nats-server ended when it was started: ${words[0]}`, "failed");
      await this.#clear();
    }
    for (const node of this.#nodes.values()) this.#keep(node);
  }

  /** Gives every node ports, a folder with its configuration, and its proxies. */
  async #configure(): Promise<void> {
    const { nodes, folder, sync, maxFileBytes } = this.#options;
    const ports = await freePorts(nodes.length * PORTS_OF_A_NODE);
    const portsOf = (index: number): readonly number[] => ports.slice(index * PORTS_OF_A_NODE);
    for (const dials of nodes) {
      const proxies = new Map<string, RouteProxy>();
      this.#proxies.set(dials, proxies);
      for (const [index, dialled] of nodes.entries())
        if (dialled !== dials) proxies.set(dialled, new RouteProxy(portsOf(index)[1] ?? 0));
    }
    for (const [index, id] of nodes.entries()) {
      const [clientPort = 0, routePort = 0, monitorPort = 0, deadPort = 0] = portsOf(index);
      const proxies = [...(this.#proxies.get(id)?.values() ?? [])];
      const routes = await Promise.all(proxies.map((proxy) => proxy.listen()));
      const own = join(folder, "servers", id);
      mkdirSync(own, { recursive: true });
      const store = join(own, "data");
      const configuration: NodeConfiguration = {
        ...{ name: id, clientPort, routePort, monitorPort, deadPort, routes, store, sync, maxFileBytes },
      };
      writeFileSync(join(own, "nats.conf"), configurationText(configuration));
      this.#nodes.set(id, { id, configuration, folder: own, child: undefined });
    }
  }

  /** Waits until all nodes are well, or some have ended: those. */
  async #allUp(timeoutMs: number, stop: AbortSignal): Promise<readonly string[]> {
    const begun = performance.now();
    while (!(await this.#allHealthy())) {
      stop.throwIfAborted();
      const dead = [...this.#nodes.values()].filter(({ child }) => child?.lives !== true);
      if (dead.length > 0) return dead.map(({ id }) => id);
      if (performance.now() - begun > timeoutMs) {
        const words = this.lastWords(this.#options.nodes[0] ?? "");
        throw new DrillError(
          `the cluster did not come up within ${timeoutMs / 1000} s; its last words: ${words}`,
          "failed",
        );
      }
      await sleep(PAUSE_MS);
    }
    return [];
  }

  /** Ends all that was started, and forgets it. */
  async #clear(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map(({ child }) => child?.kill()));
    for (const { folder } of this.#nodes.values()) rmSync(folder, { recursive: true, force: true });
    this.#closeProxies();
    this.#proxies.clear();
    this.#nodes.clear();
  }

  /** Starts a node that is down. */
  async launch(id: string): Promise<void> {
    const node = this.#node(id);
    await this.#spawn(node);
    this.#keep(node);
  }

  async #spawn(node: Node): Promise<void> {
    const log = openSync(join(node.folder, "log"), "a");
    const args = ["-c", join(node.folder, "nats.conf")];
    node.child = await this.#children.start(this.#options.server.path, args, { out: log, err: log });
    closeSync(log);
  }

  /** While a node is down somebody else may take its port: it is started again until it has it. */
  #keep(node: Node): void {
    const { child } = node;
    void child?.ended.then(async () => {
      if (!PORT_TAKEN.test(this.lastWords(node.id))) return;
      await sleep(PAUSE_MS);
      if (node.child === child && !this.#isClosed) await this.launch(node.id);
    });
  }

  /** Who leads the servers' own group; undefined where nobody says so. */
  async metaLeader(): Promise<string | undefined> {
    for (const { configuration } of this.#nodes.values()) {
      const leader = leaderIn(await ask(configuration, "jsz"));
      if (leader !== undefined && this.#nodes.has(leader)) return leader;
    }
    return undefined;
  }

  /** What a node wrote last. */
  lastWords(id: string): string {
    try {
      const lines = readFileSync(join(this.#node(id).folder, "log"), "utf8")
        .trim()
        .split("\n");
      return lines.slice(-SHOWN_LINES).join(" | ");
    } catch {
      return "none";
    }
  }

  /** Whether any node has complained of a full disk, or of too little room for its streams. */
  isFull(): boolean {
    return [...this.#nodes.values()].some(({ folder }) => {
      try {
        return /no space left|insufficient (?:storage )?resources|resource limits exceeded|maximum bytes exceeded/i.test(
          readFileSync(join(folder, "log"), "utf8"),
        );
      } catch {
        return false; // it has not written yet
      }
    });
  }

  /** Makes what passes from some servers to others worse. Returns how to end it. */
  addRule(from: readonly string[], to: readonly string[], rule: LinkRule): () => void {
    const active: ActiveRule = { from: new Set(from), to: new Set(to), rule };
    this.#rules.add(active);
    this.#applyRules();
    return () => {
      this.#rules.delete(active);
      this.#applyRules();
    };
  }

  /** Ends all connections between some servers and others: what was held in them is lost. */
  breakLinks(some: readonly string[], others: readonly string[]): void {
    for (const [a, b] of [
      [some, others],
      [others, some],
    ] as const) {
      for (const dials of a)
        for (const dialled of b) this.#proxies.get(dials)?.get(dialled)?.breakConnections();
    }
  }

  /** Starts nothing more, and ends the proxies. */
  close(): void {
    this.#isClosed = true;
    this.#closeProxies();
  }

  #closeProxies(): void {
    for (const proxies of this.#proxies.values()) for (const proxy of proxies.values()) proxy.close();
  }

  async #allHealthy(): Promise<boolean> {
    const answers = await Promise.all(
      [...this.#nodes.values()].map(({ configuration }) => ask(configuration, "healthz")),
    );
    return answers.every((answer) => answer !== undefined);
  }

  #applyRules(): void {
    for (const [dials, proxies] of this.#proxies) {
      for (const [dialled, proxy] of proxies) {
        const there = this.#ruleBetween(dials, dialled);
        const back = this.#ruleBetween(dialled, dials);
        proxy.apply(there, back, there.cut || back.cut);
      }
    }
  }

  /** All rules of a direction together: the slowest counts. */
  #ruleBetween(from: string, to: string): LinkRule {
    let combined = NO_RULE;
    for (const active of this.#rules) {
      if (!active.from.has(from) || !active.to.has(to)) continue;
      const { held, cut, delayMs, bytesPerSecond } = active.rule;
      const rates = [combined.bytesPerSecond, bytesPerSecond].filter((rate) => rate > 0);
      combined = {
        held: combined.held || held,
        cut: combined.cut || cut,
        delayMs: Math.max(combined.delayMs, delayMs),
        bytesPerSecond: rates.length === 0 ? 0 : Math.min(...rates),
      };
    }
    return combined;
  }

  #node(id: string): Node {
    const node = this.#nodes.get(id);
    if (node === undefined) throw new RangeError(`there is no server ${id} in this cluster`);
    return node;
  }
}

/** What a server's monitoring says; undefined where it says that it is not well, or nothing. */
async function ask({ monitorPort }: NodeConfiguration, what: string): Promise<unknown> {
  try {
    const url = `http://127.0.0.1:${monitorPort}/${what}`;
    const response = await fetch(url, { signal: AbortSignal.timeout(ASK_MS) });
    const body: unknown = await response.json();
    return response.ok ? body : undefined;
  } catch {
    return undefined;
  }
}

function leaderIn(answer: unknown): string | undefined {
  if (typeof answer !== "object" || answer === null || !("meta_cluster" in answer)) return undefined;
  const { meta_cluster: group } = answer;
  if (typeof group !== "object" || group === null || !("leader" in group)) return undefined;
  return typeof group.leader === "string" ? group.leader : undefined;
}
