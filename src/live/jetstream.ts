/**
 * JetStream as a replicated log: a stream of three replicas whose sequences are the log's positions. Appending says what is
 * sure and what isn't; reading asks the stream's leader for one position after the other.
 *
 * What is promised is what JetStream promises; nothing here makes up for it. An append without an answer may have been done, and
 * is never done again from here: whoever asks again does so under a session of his own.
 */
import type { JetStreamClient, JetStreamManager, StreamInfo } from "@nats-io/jetstream";
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

const REQUEST_MS = 1_500;
const ADD_TIMEOUT_MS = 60_000;
const PAUSE_MS = 300;
/** Replicas of each log. */
export const REPLICAS = 3;

export const streamOf = (log: string): string => `LOG_${log.replaceAll("-", "_")}`;
const subjectOf = (log: string): string => `log.${log}`;

/**
 * The clients of NATS, which nothing but a drill needs.
 *
 * @throws DrillError where they are not installed.
 */
export async function loadClients() {
  try {
    const [transport, client] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
    ]);
    const { connect, RequestError } = transport;
    const { jetstream, jetstreamManager } = client;
    return { connect, RequestError, jetstream, jetstreamManager };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (isMissing) throw new DrillError(`a drill needs the clients of NATS: ${CLIENTS}`, "unusable");
    throw error;
  }
}

const CLIENTS = "npm install @nats-io/transport-node @nats-io/jetstream";

/** One connection to some servers, and the logs behind it. */
export class Engine {
  readonly connection: NatsConnection;
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  /** A server that knows of nobody who listens says so at once: then nothing was done. */
  readonly #isNobody: (error: unknown) => boolean;
  #connected = true;

  private constructor(
    connection: NatsConnection,
    client: JetStreamClient,
    manager: JetStreamManager,
    isNobody: (error: unknown) => boolean,
  ) {
    this.connection = connection;
    this.#client = client;
    this.#manager = manager;
    this.#isNobody = isNobody;
    void this.#watch();
  }

  /** Waits for as long as it takes for the first connection; comes back by itself from then on. */
  static async connect(servers: readonly string[]): Promise<Engine> {
    const { connect, jetstream, jetstreamManager, RequestError } = await loadClients();
    const connection = await connect({
      servers: [...servers],
      maxReconnectAttempts: -1,
      reconnectTimeWait: 100,
      reconnectJitter: 50,
      waitOnFirstConnect: true,
      pingInterval: 1_000,
      maxPingOut: 2,
      timeout: 2_000,
    });
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS, checkAPI: false });
    const client = jetstream(connection, { timeout: REQUEST_MS });
    return new Engine(connection, client, manager, (error) => {
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      return cause instanceof RequestError && cause.isNoResponders();
    });
  }

  get isConnected(): boolean {
    return this.#connected;
  }

  /** Creates the stream of a log. A cluster says that it is well before it can do that: it is asked until it can. */
  async createLog(log: string, stop: AbortSignal): Promise<void> {
    const until = performance.now() + ADD_TIMEOUT_MS;
    for (;;) {
      try {
        await this.#manager.streams.add({
          name: streamOf(log),
          subjects: [subjectOf(log)],
          num_replicas: REPLICAS,
        });
        return;
      } catch (error) {
        stop.throwIfAborted();
        if (performance.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  async append(log: string, content: Json): Promise<Appended> {
    try {
      const { seq } = await this.#client.publish(subjectOf(log), JSON.stringify(content), {
        timeout: REQUEST_MS,
        retries: 1,
      });
      return { status: "appended", position: seq };
    } catch (error) {
      return { status: this.#isNobody(error) ? "nobody" : "unknown" };
    }
  }

  async read(log: string, position: number): Promise<Found> {
    try {
      const message = await this.#manager.streams.getMessage(streamOf(log), { seq: position });
      if (message !== null) return { status: "entry", content: message.json<Json>() };
      return { status: "end" };
    } catch {
      return { status: "silent" };
    }
  }

  /** What it means that there is nothing at a position where others are waiting for something. */
  async examine(log: string, position: number): Promise<Found> {
    const info = await this.info(log);
    if (info === undefined) return { status: "silent" };
    const last = info.state.last_seq;
    if (last + 1 < position) return { status: "shorter", last };
    if (last < position) return { status: "end" };
    const again = await this.read(log, position);
    return again.status === "end" ? { status: "hole", last } : again;
  }

  /** How a log's stream stands; undefined where nobody answers. */
  async info(log: string): Promise<StreamInfo | undefined> {
    try {
      return await this.#manager.streams.info(streamOf(log));
    } catch {
      return undefined;
    }
  }

  /** Calls when something was appended, without a promise to do so each time. */
  onAppend(log: string, action: () => void): void {
    this.connection.subscribe(subjectOf(log), { callback: () => action() });
  }

  /** Asks a stream's leader to hand over. */
  async stepDown(log: string): Promise<void> {
    try {
      const subject = `$JS.API.STREAM.LEADER.STEPDOWN.${streamOf(log)}`;
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
