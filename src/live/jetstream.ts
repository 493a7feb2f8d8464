/**
 * A connection to JetStream, and JetStream as a replicated log: a stream of three replicas whose sequences are the log's
 * positions. Appending says what is sure and what isn't; reading asks the stream's leader for one position after the other.
 * What its key-value buckets, queues and object stores are to a drill is said beside, over the same connection.
 *
 * What is promised is what JetStream promises; nothing here makes up for it. An append without an answer may have been done, and
 * is never done again from here: whoever asks again does so under a session of his own.
 */
import type {
  ConsumerInfo,
  JetStreamClient,
  JetStreamManager,
  StreamConfig,
  StreamInfo,
} from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import type { Json } from "../sim/plan.js";
import { DrillError } from "./nats-server.js";

/** What came of an append. */
export type Appended =
  | { readonly status: "appended"; readonly position: number }
  /** Certainly not done: nobody is there who could. */
  | { readonly status: "nobody" }
  /** May have been done. */
  | { readonly status: "unknown" };

/** What stands at a position. */
export type Found =
  | { readonly status: "entry"; readonly content: Json }
  /** Nothing yet, as far as the leader knows. */
  | { readonly status: "end" }
  /** Nothing, though later positions have something. */
  | { readonly status: "hole"; readonly last: number }
  /** The log is shorter than it was: the leader's last position is given. */
  | { readonly status: "shorter"; readonly last: number }
  /** Nobody answered. */
  | { readonly status: "silent" };

export const REQUEST_MS = 1_500;
const CONSUMER_NOT_FOUND = 10014;
const ADD_TIMEOUT_MS = 60_000;
const PAUSE_MS = 300;
/** Replicas of each log. */
export const REPLICAS = 3;

export const logStream = (log: string): string => `LOG_${log.replaceAll("-", "_")}`;
const subjectOf = (log: string): string => `log.${log}`;

/**
 * The clients of NATS, which only drills and processes of the runner need.
 *
 * @param who needs them, as the complaint begins.
 * @throws DrillError where they are not installed.
 */
export async function loadClients(who = "a drill") {
  try {
    const [transport, client, kv, obj] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
      import("@nats-io/kv"),
      import("@nats-io/obj"),
    ]);
    const { connect, RequestError } = transport;
    const { jetstream, jetstreamManager, JetStreamApiError } = client;
    const { Kvm } = kv;
    const { Objm } = obj;
    return { connect, RequestError, jetstream, jetstreamManager, JetStreamApiError, Kvm, Objm };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (isMissing) throw new DrillError(`${who} needs the clients of NATS: ${CLIENTS}`, "unusable");
    throw error;
  }
}

const CLIENTS = "npm install @nats-io/transport-node @nats-io/jetstream @nats-io/kv @nats-io/obj";
type Clients = Awaited<ReturnType<typeof loadClients>>;

/** After so many questions in a row without an answer a connection that knows other servers goes to another one. */
const SILENT_UNTIL_MOVED = 3;
/** And stays there for so long: whoever moves loses what he was waiting for. */
const STAYS_MS = 5_000;

/** One connection to some servers, and what stands behind them. */
export class Engine {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
  readonly clients: Clients;
  /** There is another server to go to when one is silent. */
  readonly #mayMove: boolean;
  #silent = 0;
  #movedAt = 0;
  #connected = true;

  private constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    clients: Clients,
    mayMove: boolean,
  ) {
    this.connection = connection;
    this.client = client;
    this.manager = manager;
    this.clients = clients;
    this.#mayMove = mayMove;
    void this.#watch();
  }

  /** Waits for as long as it takes for the first connection, the nearest server first; comes back by itself from then on. */
  static async connect(servers: readonly string[]): Promise<Engine> {
    const clients = await loadClients();
    const connection = await clients.connect({
      servers: [...servers],
      noRandomize: true,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      reconnectJitter: 50,
      waitOnFirstConnect: true,
      pingInterval: 1_000,
      maxPingOut: 2,
      timeout: 2_000,
    });
    const manager = await clients.jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
    const client = clients.jetstream(connection, { timeout: REQUEST_MS });
    return new Engine(connection, client, manager, clients, servers.length > 1);
  }

  /** A server that knows of nobody who listens says so at once: then nothing was done. */
  isNobody(error: unknown): boolean {
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    return cause instanceof this.clients.RequestError && cause.isNoResponders();
  }

  /** The number of the error that JetStream answered with; undefined where it did not answer. */
  errorCode(error: unknown): number | undefined {
    return error instanceof this.clients.JetStreamApiError ? error.code : undefined;
  }

  /** A question was answered, or was not: a server that is cut off from the others still takes questions. */
  noteAnswer(answered: boolean): void {
    this.#silent = answered ? 0 : this.#silent + 1;
    const now = performance.now();
    if (!this.#mayMove || this.#silent < SILENT_UNTIL_MOVED || now - this.#movedAt < STAYS_MS) return;
    this.#silent = 0;
    this.#movedAt = now;
    void this.connection.reconnect().catch(() => undefined); // it is closed, or on its way to another already
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Creates a stream of three replicas, unless it says otherwise. */
  async createStream(
    config: Partial<StreamConfig> & { readonly name: string },
    stop: AbortSignal,
  ): Promise<void> {
    await this.untilDone(() => this.manager.streams.add({ num_replicas: REPLICAS, ...config }), stop);
  }

  /** Creates the stream of a log. */
  createLog(log: string, stop: AbortSignal): Promise<void> {
    return this.createStream({ name: logStream(log), subjects: [subjectOf(log)] }, stop);
  }

  /** A cluster says that it is well before it can create anything: it is asked until it can. */
  async untilDone<T>(action: () => Promise<T>, stop: AbortSignal): Promise<T> {
    const until = performance.now() + ADD_TIMEOUT_MS;
    for (;;) {
      try {
        return await action();
      } catch (error) {
        stop.throwIfAborted();
        if (performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async append(log: string, content: Json): Promise<Appended> {
    try {
      const { seq } = await this.client.publish(subjectOf(log), JSON.stringify(content), {
        timeout: REQUEST_MS,
        retries: 1,
      });
      return { status: "appended", position: seq };
    } catch (error) {
      return { status: this.isNobody(error) ? "nobody" : "unknown" };
    }
  }

  async read(log: string, position: number): Promise<Found> {
    try {
      const message = await this.manager.streams.getMessage(logStream(log), { seq: position });
      if (message !== null) return { status: "entry", content: message.json<Json>() };
      return { status: "end" };
    } catch {
      return { status: "silent" };
    }
  }

  /** What it means that there is nothing at a position where others are waiting for something. */
  async examine(log: string, position: number): Promise<Found> {
    const info = await this.info(logStream(log));
    if (info === undefined) return { status: "silent" };
    const last = info.state.last_seq;
    if (last + 1 < position) return { status: "shorter", last };
    if (last < position) return { status: "end" };
    const again = await this.read(log, position);
    return again.status === "end" ? { status: "hole", last } : again;
  }

  /** How a stream stands; undefined where nobody answers. */
  async info(stream: string): Promise<StreamInfo | undefined> {
    try {
      return await this.manager.streams.info(stream);
    } catch {
      return undefined;
    }
  }

  /** How a consumer stands; null where there is none, undefined where nobody answers. */
  async consumerInfo(stream: string, name: string): Promise<ConsumerInfo | null | undefined> {
    try {
      return await this.manager.consumers.info(stream, name);
    } catch (error) {
      return this.errorCode(error) === CONSUMER_NOT_FOUND ? null : undefined;
    }
  }

  /** Calls when something was appended, without a promise to do so each time. */
  onAppend(log: string, action: () => void): void {
    this.connection.subscribe(subjectOf(log), { callback: () => action() });
  }

  /** Asks a stream's leader to hand over. */
  async stepDown(stream: string): Promise<void> {
    try {
      const subject = `$JS.API.STREAM.LEADER.STEPDOWN.${stream}`;
      await this.connection.request(subject, "", { timeout: REQUEST_MS });
    } catch {
      // another one leads by now, or nobody: the caller looks
    }
  }

  async close(): Promise<void> {
    await this.connection.close();
  }

  async #watch(): Promise<void> {
    for await (const { type } of this.connection.status()) {
      if (type === "disconnect" || type === "staleConnection") this.#connected = false;
      else if (type === "reconnect") this.#connected = true;
    }
  }
}
