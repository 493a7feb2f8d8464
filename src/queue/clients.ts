/**
 * A connection to NATS with JetStream. Its clients are optional peers of the package, and are loaded here alone. What can't be
 * used is said in a sentence: an address that is none, a server that does not answer or that has no JetStream.
 */
import type { JetStreamClient, JetStreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { InputError, shown } from "../explore/formats/input-error.js";

export interface Connection {
  readonly connection: NatsConnection;
  readonly client: JetStreamClient;
  readonly manager: JetStreamManager;
}

const CLIENTS = "npm install @nats-io/transport-node @nats-io/jetstream";
const CONNECT_MS = 5_000;
const REQUEST_MS = 5_000;

/** Servers in the form in which the client takes them. @throws InputError where an address is none. */
export function serversIn(url: string): string[] {
  const servers = url.split(",").map((each) => each.trim());
  for (const server of servers) {
    const known = URL.canParse(server) ? new URL(server) : undefined;
    if ((known?.protocol === "nats:" || known?.protocol === "tls:") && known.hostname !== "") continue;
    throw new InputError(
      `--queue: expected the address of a NATS server, as in nats://queue.example.com:4222, or several with commas between them, got ${shown(url)}`,
    );
  }
  return servers;
}

/** Who is asked for nothing else: name and password are of the address. */
function credentialsIn(server: string): { readonly user?: string; readonly pass?: string } {
  const { username, password } = new URL(server);
  if (username === "") return {};
  return { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

/** @throws InputError where the queue can't be used. */
export async function connectTo(url: string): Promise<Connection> {
  const servers = serversIn(url);
  const { connect, jetstream, jetstreamManager } = await loadClients();
  const cant = (why: string): InputError => new InputError(`--queue: ${shown(withoutSecrets(url))} ${why}`);
  let connection: NatsConnection;
  try {
    connection = await connect({
      servers: servers.map((server) => new URL(server).host),
      ...credentialsIn(servers[0] ?? ""),
      ...(servers[0]?.startsWith("tls:") ? { tls: {} } : {}),
      timeout: CONNECT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: 250,
      pingInterval: 5_000,
      maxPingOut: 2,
    });
  } catch (error) {
    throw cant(`can't be reached: ${reason(error)}`);
  }
  try {
    const manager = await jetstreamManager(connection, { timeout: REQUEST_MS });
    return { connection, manager, client: jetstream(connection, { timeout: REQUEST_MS }) };
  } catch (error) {
    await connection.close();
    throw cant(
      `is a NATS server without JetStream, which the queue needs (nats-server -js): ${reason(error)}`,
    );
  }
}

async function loadClients() {
  try {
    const [{ connect }, { jetstream, jetstreamManager }] = await Promise.all([
      import("@nats-io/transport-node"),
      import("@nats-io/jetstream"),
    ]);
    return { connect, jetstream, jetstreamManager };
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (isMissing) throw new InputError(`--queue needs the clients of NATS: ${CLIENTS}`);
    throw error;
  }
}

export function withoutSecrets(url: string): string {
  return url.replaceAll(/\/\/[^/@,]*@/g, "//");
}

/** The first line of what went wrong. */
export function reason(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] || "no reason given";
}
