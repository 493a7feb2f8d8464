/**
 * The process around a node: declares what the broker lacks, starts the node, answers what an operator asks of it, and starts it
 * again when it has drained and an operator says so. Where its store and its broker are is for others to say.
 */
import { type Host, MILLISECOND, type Micros } from "seedstorm";
import type { TransactionalStore } from "../storage/transaction.js";
import type { RunnerBroker } from "./broker-port.js";
import type { NodeContext } from "./context.js";
import { GOALS } from "./goals.js";
import { Keys } from "./keys.js";
import { Log, type LogLine } from "./log.js";
import { Meters } from "./meters.js";
import { type NodePhase, RunnerNode } from "./node.js";
import type { Files, Settings } from "./settings.js";
import { type Durability, declareAll } from "./topology.js";
import type { AdminReply, AdminRequest } from "./wire.js";

/** Between two tries to declare something. */
const DECLARE_PAUSE: Micros = 200 * MILLISECOND;

export interface NodeParts {
  readonly settings: Settings;
  readonly files: Files;
  readonly secrets: Readonly<Record<string, string>>;
  readonly store: TransactionalStore;
  readonly broker: RunnerBroker;
  /** Of what it declares. */
  readonly durability: Durability;
  /** Whoever wants to see each line of the log when it is written. */
  readonly onLine?: (line: LogLine) => void;
}

export class NodeProcess {
  readonly #host: Host;
  readonly #parts: NodeParts;
  #lives = 0;
  #node: RunnerNode;

  constructor(host: Host, parts: NodeParts) {
    this.#host = host;
    this.#parts = parts;
    this.#node = this.#newNode();
  }

  get phase(): NodePhase {
    return this.#node.phase;
  }

  /** Resolves when everything is declared and the node has begun. */
  async start(): Promise<void> {
    const { settings, broker, durability } = this.#parts;
    if (settings.createMissing)
      await declareAll(broker, settings, durability, () => this.#host.sleep(DECLARE_PAUSE));
    this.#node.start();
  }

  answer(request: AdminRequest): AdminReply | Promise<AdminReply> {
    if (request.path !== "/admin/start") return this.#node.answer(request);
    if (this.phase !== "drained") return { status: 409, body: { phase: this.phase } };
    this.#host.reached(GOALS.restarted);
    this.#node = this.#newNode();
    this.#node.start();
    return { status: 200, body: {} };
  }

  /** Resolves when the node has drained, or has given up what was not over by its time-out. */
  drain(): Promise<void> {
    return this.#node.drain();
  }

  #newNode(): RunnerNode {
    const host = this.#host;
    const { settings, files, secrets, store, broker, onLine } = this.#parts;
    this.#lives++;
    const life = `${host.id}/${host.incarnation}.${this.#lives}`;
    const parts = { keys: new Keys(host), meters: new Meters(), log: new Log(host, onLine) };
    const context: NodeContext = { host, life, settings, store, broker, secrets, ...parts };
    return new RunnerNode(context, files);
  }
}
