/**
 * What a process of the runner can be: a node, the store of all nodes, and two that stand in for a company's own while one tries it
 * out: a gateway with its aggregates, and payments and a carrier. Each answers over HTTP, and ends when it is stopped.
 */
import { type Json, MINUTE, ms } from "../src/index.js";
import { InputError } from "../src/input/index.js";
import { Engine, type ServiceHost, type ServiceReply, type ServiceRequest } from "../src/live/index.js";
import { Gateway } from "../src/model/runner/gateway.js";
import { JetStreamBroker } from "../src/model/runner/live/jetstream-broker.js";
import type { LogLine } from "../src/model/runner/log.js";
import { NodeProcess } from "../src/model/runner/node-process.js";
import { GATEWAY_STORE, RUNNER_STORE } from "../src/model/runner/records.js";
import { newServices, STORE_TIMEOUT } from "../src/model/runner/roles.js";
import type { AdminPath } from "../src/model/runner/wire.js";
import { StoreClient, serveStore } from "../src/model/storage/service.js";
import { Store } from "../src/model/storage/store.js";
import type { Configuration, PartName } from "./runner-files.js";

/** What a process of the runner does. */
export interface Part {
  /** Resolves when it does all that it is for; its paths answer before. */
  start(): Promise<void>;
  /** Undefined for a path that is none of its. */
  answer(request: ServiceRequest): Promise<ServiceReply> | undefined;
  /** Takes nothing more, finishes what is under way, and resolves. */
  stop(): Promise<void>;
}

export function partOf(
  name: PartName,
  host: ServiceHost,
  configuration: Configuration,
  onLine: (line: LogLine) => void,
): Part {
  switch (name) {
    case "node":
      return new NodePart(host, configuration, onLine);
    case "store":
      return new StorePart(host);
    case "gateway":
      return new GatewayPart(host, configuration);
    case "providers":
      return new ProvidersPart(host);
  }
}

const READ: ReadonlySet<string> = new Set<AdminPath>(["/health", "/ready", "/metrics", "/info", "/logs"]);
/** Asks whether a part is there, and whether it can do its work. */
const isProbe = (path: string): boolean => path === "/health" || path === "/ready";
const COMMANDS: ReadonlySet<string> = new Set<AdminPath>([
  "/admin/drain",
  "/admin/reload",
  "/admin/replay",
  "/admin/start",
]);

/** A real broker says much more in its advisories than the runner asks for. */
const ADVISORIES_FOR = 24 * 60 * MINUTE;

const STARTING: ServiceReply = { status: 503, body: { phase: "starting" } };

class NodePart implements Part {
  readonly #host: ServiceHost;
  readonly #configuration: Configuration;
  readonly #onLine: (line: LogLine) => void;
  #engine: Engine | undefined;
  #node: NodeProcess | undefined;

  constructor(host: ServiceHost, configuration: Configuration, onLine: (line: LogLine) => void) {
    this.#host = host;
    this.#configuration = configuration;
    this.#onLine = onLine;
  }

  async start(): Promise<void> {
    const host = this.#host;
    const { settings, files, secrets } = this.#configuration;
    this.#engine = await Engine.connect(settings.brokers);
    const broker = await JetStreamBroker.over(this.#engine.connection, host);
    const store = new StoreClient(host, { store: settings.store, timeout: STORE_TIMEOUT });
    const { replicas, duplicateWindow } = settings.service;
    const durability = {
      ...{ replicas, duplicateWindow: ms(duplicateWindow), maxMessages: 0 },
      advisoriesFor: ADVISORIES_FOR,
    };
    const parts = { settings, files, secrets, store, broker, durability, onLine: this.#onLine };
    this.#node = new NodeProcess(host, parts);
    await this.#node.start();
  }

  answer({ method, path, body }: ServiceRequest): Promise<ServiceReply> | undefined {
    const wanted = READ.has(path) ? "GET" : COMMANDS.has(path) ? "POST" : undefined;
    if (wanted === undefined) return undefined;
    if (method !== wanted) return Promise.resolve(wrongMethod(wanted));
    return this.#answer(path as AdminPath, body); // one of the two sets
  }

  async #answer(path: AdminPath, body: Json): Promise<ServiceReply> {
    const node = this.#node;
    if (node === undefined) return STARTING;
    const files = path === "/admin/reload" ? this.#reread() : undefined;
    if (typeof files === "string") return { status: 422, body: { reason: files } };
    const reply = await node.answer({ path, body: files ?? body });
    return path === "/metrics" ? { ...reply, isText: true } : reply;
  }

  /** The files as they are by now, or what is wrong with them. */
  #reread(): Json {
    try {
      return this.#configuration.reread();
    } catch (error) {
      if (error instanceof InputError) return error.message;
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#node?.drain();
    await this.#engine?.close();
  }
}

class StorePart implements Part {
  readonly #host: ServiceHost;
  readonly #store: Store;

  constructor(host: ServiceHost) {
    this.#host = host;
    this.#store = new Store(host, { name: RUNNER_STORE });
  }

  async start(): Promise<void> {
    await this.#store.open();
    serveStore(this.#host, this.#store);
  }

  answer({ path }: ServiceRequest): Promise<ServiceReply> | undefined {
    if (!isProbe(path)) return undefined;
    const { status } = this.#store;
    return Promise.resolve({ status: status === "open" ? 200 : 503, body: { store: status } });
  }

  /** What it answered is on the disk. */
  stop(): Promise<void> {
    return Promise.resolve();
  }
}

class GatewayPart implements Part {
  readonly #host: ServiceHost;
  readonly #configuration: Configuration;
  /** There to be closed from the moment on when it is connected, long before the gateway is up. */
  #engine: Engine | undefined;
  #isUp = false;

  constructor(host: ServiceHost, configuration: Configuration) {
    this.#host = host;
    this.#configuration = configuration;
  }

  async start(): Promise<void> {
    const { brokers, spread } = this.#configuration.settings;
    this.#engine = await Engine.connect(brokers);
    const broker = await JetStreamBroker.over(this.#engine.connection, this.#host);
    await new Gateway(this.#host, new Store(this.#host, { name: GATEWAY_STORE }), broker, spread).start();
    this.#isUp = true;
  }

  answer({ path }: ServiceRequest): Promise<ServiceReply> | undefined {
    if (!isProbe(path)) return undefined;
    const isReachable = this.#engine?.isConnected === true;
    const body = { broker: isReachable ? "reachable" : "away", ...(this.#isUp ? {} : { phase: "starting" }) };
    return Promise.resolve({ status: isReachable && this.#isUp ? 200 : 503, body });
  }

  async stop(): Promise<void> {
    await this.#engine?.close();
  }
}

/** They remember what they did for as long as they run. */
class ProvidersPart implements Part {
  readonly #host: ServiceHost;
  readonly #models = newServices();
  readonly #ledger: Json[] = [];

  constructor(host: ServiceHost) {
    this.#host = host;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  answer({ method, path, headers, body }: ServiceRequest): Promise<ServiceReply> | undefined {
    if (isProbe(path)) return Promise.resolve({ status: 200, body: {} });
    if (path === "/ledger") return Promise.resolve({ status: 200, body: this.#ledger });
    const [, service = "", operation = ""] = path.split("/");
    const model = this.#models.get(service);
    if (model === undefined) return undefined;
    if (method !== "POST") return Promise.resolve(wrongMethod("POST"));
    const { "idempotency-key": token = "", "x-from": from = "" } = headers;
    const result = model.apply({ operation, token, body, from, at: this.#host.clock.now() });
    if (!result.ok) return Promise.resolve({ status: 422, body: { error: result.error } });
    if (result.applied) this.#ledger.push({ service, operation, token, value: result.value });
    return Promise.resolve({ status: 200, body: result.value });
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

const wrongMethod = (wanted: string): ServiceReply => ({ status: 405, body: { error: `use ${wanted}` } });
