/** `net.Server` over the simulated network stack. */
import { EventEmitter } from "node:events";
import type { SimulatedProcess } from "../env/simulated-process.js";
import { systemError } from "./errors.js";
import { Socket, type SocketOptions } from "./socket.js";

const HIGHEST_PORT = 65_535;

export class Server extends EventEmitter {
  listening = false;
  maxConnections: number | undefined;
  readonly sockets = new Set<Socket>();
  readonly #process: SimulatedProcess;
  readonly #options: SocketOptions;
  #port = 0;
  #closing = false;

  constructor(simulated: SimulatedProcess, options?: unknown, listener?: unknown) {
    super();
    this.#process = simulated;
    this.#options = typeof options === "object" && options !== null ? options : {};
    const onConnection = typeof options === "function" ? options : listener;
    if (typeof onConnection === "function") this.on("connection", onConnection as (socket: Socket) => void);
  }

  /** As Node's: `(port, host, backlog)` or `(options)`, with a listener for `listening` at the end. */
  listen(...given: unknown[]): this {
    const last = given.at(-1);
    if (typeof last === "function") this.once("listening", last as () => void);
    const [first] = given;
    const asked = typeof first === "object" && first !== null ? (first as { port?: unknown }).port : first;
    const { stack } = this.#process;
    this.#port = Number(typeof asked === "function" ? 0 : (asked ?? 0)) || stack.freePort();
    if (this.#port < 0 || this.#port > HIGHEST_PORT)
      throw new RangeError(`options.port should be >= 0 and < 65536. Received ${this.#port}.`);
    const accept = this.#process.bound((open: (socket: Socket) => void) => this.#accept(open));
    const isFree = stack.listen(this.#port, (_peer, _port, open) =>
      accept((socket) => socket.attach(open(socket))),
    );
    if (isFree) {
      this.listening = true;
      process.nextTick(() => this.emit("listening"));
    } else {
      const error = systemError("EADDRINUSE", "listen", { address: "0.0.0.0", port: this.#port });
      process.nextTick(() => this.emit("error", error));
    }
    return this;
  }

  #accept(open: (socket: Socket) => void): void {
    const { allowHalfOpen } = this.#options;
    const socket = new Socket(this.#process, { allowHalfOpen });
    open(socket);
    this.sockets.add(socket);
    socket.once("close", () => {
      this.sockets.delete(socket);
      this.#closeIfDone();
    });
    this.emit("connection", socket);
  }

  address(): object | null {
    return this.listening ? { address: "0.0.0.0", port: this.#port, family: "IPv4" } : null;
  }

  /** Takes no more connections; `close` comes when the last one has ended. */
  close(listener?: (error?: Error) => void): this {
    if (!this.listening) {
      const error = Object.assign(new Error("Server is not running."), { code: "ERR_SERVER_NOT_RUNNING" });
      if (listener !== undefined) process.nextTick(() => listener(error));
      return this;
    }
    if (listener !== undefined) this.once("close", () => listener());
    this.#process.stack.unlisten(this.#port);
    this.listening = false;
    this.#closing = true;
    this.#closeIfDone();
    return this;
  }

  #closeIfDone(): void {
    if (!this.#closing || this.sockets.size > 0) return;
    this.#closing = false;
    process.nextTick(() => this.emit("close"));
  }

  getConnections(callback: (error: null, count: number) => void): this {
    process.nextTick(() => callback(null, this.sockets.size));
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  [Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")](): Promise<void> {
    return new Promise((resolve) => {
      this.close(() => resolve());
    });
  }
}
