/**
 * One route between two servers, through a proxy of ours that can make it worse. A rule is given for each direction: pass, with
 * a delay and a bandwidth; or hold, which keeps connections open and lets nothing through. A cut ends connections and refuses
 * new ones, both ways.
 *
 * Connections are TCP, so that nothing is lost of a connection that lives: what was held arrives when the hold ends, unless the
 * connection is broken then. The proxy never changes a byte and never reorders.
 */
import { connect, createServer, type Server, type Socket } from "node:net";

export interface DirectionRule {
  /** Nothing passes. */
  readonly held: boolean;
  readonly delayMs: number;
  /** Bytes a second; 0 for as many as there are. */
  readonly bytesPerSecond: number;
}

export const OPEN: DirectionRule = { held: false, delayMs: 0, bytesPerSecond: 0 };

const LOOPBACK = "127.0.0.1";

/** One way through one connection. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  #rule: DirectionRule = OPEN;
  /** What has come in and may not go out yet. */
  readonly #waiting: { readonly bytes: Buffer; readonly due: number }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #freeAt = 0;

  constructor(from: Socket, to: Socket, rule: DirectionRule) {
    this.#from = from;
    this.#to = to;
    from.on("data", (bytes: Buffer) => {
      this.#waiting.push({ bytes, due: this.#dueOf(bytes.length) });
      this.#pump();
    });
    to.on("drain", () => this.#follow());
    this.apply(rule);
  }

  apply(rule: DirectionRule): void {
    this.#rule = rule;
    this.#follow();
    this.#pump();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.length = 0;
  }

  #follow(): void {
    if (this.#rule.held || this.#to.writableNeedDrain) this.#from.pause();
    else this.#from.resume();
  }

  #dueOf(length: number): number {
    const { delayMs, bytesPerSecond } = this.#rule;
    const now = performance.now();
    if (bytesPerSecond > 0) this.#freeAt = Math.max(this.#freeAt, now) + (length * 1000) / bytesPerSecond;
    return Math.max(now, this.#freeAt) + delayMs;
  }

  #pump(): void {
    clearTimeout(this.#timer);
    while (!this.#rule.held) {
      const next = this.#waiting[0];
      if (next === undefined) return;
      const early = next.due - performance.now();
      if (early > 0) {
        this.#timer = setTimeout(() => this.#pump(), early);
        return;
      }
      this.#waiting.shift();
      if (!this.#to.write(next.bytes)) this.#from.pause();
    }
  }
}

interface Connection {
  readonly sockets: readonly [Socket, Socket];
  readonly there: Pipe;
  readonly back: Pipe;
}

export class RouteProxy {
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #there: DirectionRule = OPEN;
  #back: DirectionRule = OPEN;
  #cut = false;

  /** @param targetPort where the server that is dialled listens, on loopback. */
  constructor(targetPort: number) {
    this.#server = createServer((incoming) => {
      incoming.on("error", () => undefined);
      if (this.#cut) {
        incoming.destroy();
        return;
      }
      const outgoing = connect(targetPort, LOOPBACK);
      this.#join(incoming, outgoing);
    });
  }

  /** Resolves to the port that is to be dialled. */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(0, LOOPBACK, () => {
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
  }

  /** Rules for both directions, as seen by the server that dials. */
  apply(there: DirectionRule, back: DirectionRule, cut: boolean): void {
    this.#there = there;
    this.#back = back;
    this.#cut = cut;
    if (cut) this.breakConnections();
    for (const connection of this.#connections) {
      connection.there.apply(there);
      connection.back.apply(back);
    }
  }

  /** Ends all connections, with what is on its way in them. */
  breakConnections(): void {
    for (const { sockets } of this.#connections) for (const socket of sockets) socket.destroy();
  }

  close(): void {
    this.breakConnections();
    this.#server.close();
  }

  #join(incoming: Socket, outgoing: Socket): void {
    for (const socket of [incoming, outgoing]) socket.setNoDelay(true);
    outgoing.on("error", () => undefined); // a server that is down: its end is all that there is to see
    const connection: Connection = {
      sockets: [incoming, outgoing],
      there: new Pipe(incoming, outgoing, this.#there),
      back: new Pipe(outgoing, incoming, this.#back),
    };
    this.#connections.add(connection);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      socket.on("close", () => {
        other.destroy();
        connection.there.stop();
        connection.back.stop();
        this.#connections.delete(connection);
      });
    }
  }
}
