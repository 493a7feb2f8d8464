/**
 * The network stack of one simulated machine, from boot to crash: who listens, and which connections there are.
 *
 * A segment for a port where nobody listens, or of a connection that the machine knows nothing of (it has rebooted),
 * is answered by a reset. Names are host ids; see `Names`.
 */
import type { Host } from "../../sim/host.js";
import { Connection, type ConnectionUser, type Wire } from "./connection.js";
import type { Names } from "./names.js";
import { bytesOf, SEGMENT, type Segment } from "./segment.js";

/** Takes a connection that has come in, and says who uses it. */
export type Accept = (peer: string, remotePort: number, open: (user: ConnectionUser) => Connection) => void;

const FIRST_EPHEMERAL_PORT = 32_768;
const EPHEMERAL_PORTS = 28_000;
/** Each life of a machine begins elsewhere among them, as each boot of a real one does. */
const PORTS_A_LIFE = 997;
/** Connections that ended in peace and are kept in mind, so that a repeated last word is answered. */
const MOST_ENDED = 256;

export class NetworkStack implements Wire {
  readonly #listeners = new Map<number, Accept>();
  readonly #connections = new Map<string, Connection>();
  readonly #ended = new Map<string, Connection>();
  #nextPort: number;
  #opened = 0;

  constructor(
    readonly host: Host,
    readonly names: Names,
  ) {
    this.#nextPort = (host.incarnation * PORTS_A_LIFE) % EPHEMERAL_PORTS;
    host.onMessage(SEGMENT, (segment, from) => this.#receive(segment, from));
    host.onConnectionReset((peer) => this.#resetBy(peer));
  }

  /** This machine's own address. */
  get address(): string {
    return this.names.addressOf(this.host.id);
  }

  /** The id of the host of this name, as seen from here; undefined where there is none, or where names can't be resolved. */
  resolve(name: string | undefined): string | undefined {
    const found = this.names.resolve(name, this.host.id);
    const isAsked = found !== undefined && found !== this.host.id && name !== this.addressOf(found);
    return isAsked && !this.host.resolvesNames() ? undefined : found;
  }

  addressOf(host: string): string {
    return this.names.addressOf(host);
  }

  /** A port that nobody uses. */
  freePort(): number {
    this.#nextPort = (this.#nextPort + 1) % EPHEMERAL_PORTS;
    return FIRST_EPHEMERAL_PORT + this.#nextPort;
  }

  /** False when somebody listens there already. */
  listen(port: number, accept: Accept): boolean {
    if (this.#listeners.has(port)) return false;
    this.#listeners.set(port, accept);
    return true;
  }

  unlisten(port: number): void {
    this.#listeners.delete(port);
  }

  connect(peer: string, port: number, user: ConnectionUser): Connection {
    const id = this.host.incarnation * 1_000_000 + ++this.#opened;
    return this.#add(new Connection(this, peer, this.freePort(), port, id, "connecting", user));
  }

  send(to: string, segment: Segment): void {
    const { id, flag } = segment;
    this.host.send(SEGMENT, to, segment, bytesOf(segment), { id, opens: flag === "syn" });
  }

  forget(connection: Connection, inPeace: boolean): void {
    const key = keyOf(connection.peer, connection.remotePort, connection.localPort);
    if (this.#connections.get(key) === connection) this.#connections.delete(key);
    if (!inPeace) return;
    this.#ended.set(key, connection);
    for (const oldest of this.#ended.keys()) {
      if (this.#ended.size <= MOST_ENDED) return;
      this.#ended.delete(oldest);
    }
  }

  /** The process has ended: its ports are free, its connections are closed as the kernel does. */
  closeAll(): void {
    this.#listeners.clear();
    for (const connection of [...this.#connections.values()]) connection.close();
  }

  #add(connection: Connection): Connection {
    this.#connections.set(keyOf(connection.peer, connection.remotePort, connection.localPort), connection);
    return connection;
  }

  #receive(segment: Segment, from: string): void {
    const key = keyOf(from, segment.from, segment.to);
    const connection = this.#connections.get(key);
    if (connection?.id === segment.id) {
      connection.receive(segment);
      return;
    }
    const ended = this.#ended.get(key);
    if (ended?.id === segment.id) {
      ended.receive(segment);
      return;
    }
    if (segment.flag === "rst") return;
    const accept = segment.flag === "syn" ? this.#listeners.get(segment.to) : undefined;
    if (accept === undefined) {
      this.#refuse(from, segment);
      return;
    }
    connection?.reset(); // of an earlier life of the peer
    accept(from, segment.from, (user) =>
      this.#add(new Connection(this, from, segment.to, segment.from, segment.id, "open", user)),
    );
  }

  /** Somebody on the way has reset all connections with a peer. */
  #resetBy(peer: string): void {
    for (const connection of [...this.#connections.values()]) {
      if (connection.peer === peer) connection.wasReset();
    }
  }

  #refuse(to: string, { from, to: port, id }: Segment): void {
    const rst = { from: port, to: from, id, flag: "rst", sequence: 0, bytes: undefined, fin: false } as const;
    this.send(to, { ...rst, acknowledged: 0, window: 0 });
  }
}

function keyOf(peer: string, remotePort: number, localPort: number): string {
  return `${peer}:${remotePort}:${localPort}`;
}
