/**
 * `net.Socket` over a simulated connection: a stream with back-pressure, half-open ends, time-outs and resets as Node has
 * them. TLS is pretended: a socket may say that it is encrypted, and what it carries is as it is.
 */
import { Duplex } from "node:stream";
import { MILLISECOND } from "../../sim/time.js";
import type { SimulatedProcess } from "../env/simulated-process.js";
import type { Timeout } from "../env/timers.js";
import type { Connection, ConnectionUser } from "./connection.js";
import { systemError } from "./errors.js";

export interface ConnectOptions {
  readonly host?: string | undefined;
  readonly hostname?: string | undefined;
  readonly port?: number | string | undefined;
  readonly path?: string | undefined;
  readonly timeout?: number | undefined;
}

export interface SocketOptions {
  readonly keepAlive?: boolean | undefined;
  readonly keepAliveInitialDelay?: number | undefined;
  readonly allowHalfOpen?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

const KEEP_ALIVE_MS = 7_200_000;

type Done = (error?: Error | null) => void;

export class Socket extends Duplex implements ConnectionUser {
  connecting = false;
  pending = true;
  encrypted = false;
  authorized = false;
  alpnProtocol: string | false = false;
  bytesRead = 0;
  bytesWritten = 0;
  timeout = 0;
  localAddress: string | undefined;
  localPort: number | undefined;
  remoteAddress: string | undefined;
  remotePort: number | undefined;
  readonly localFamily = "IPv4";
  readonly remoteFamily = "IPv4";
  readonly #process: SimulatedProcess;
  #connection: Connection | undefined;
  /** Bytes that the stream took without asking for more: the peer may not send others for them yet. */
  #held = 0;
  #idle: Timeout | undefined;
  #keepAliveMs = 0;

  constructor(simulated: SimulatedProcess, options: SocketOptions = {}) {
    const { allowHalfOpen = false, signal, keepAlive = false, keepAliveInitialDelay } = options;
    super({ allowHalfOpen, ...(signal === undefined ? {} : { signal }) });
    this.#process = simulated;
    if (keepAlive) this.setKeepAlive(true, keepAliveInitialDelay);
  }

  /** As Node's: `(options)`, `(port, host)`, with a listener for `connect` at the end. */
  connect(...given: unknown[]): this {
    const { options, listener } = connectArguments(given);
    if (listener !== undefined) this.once("connect", listener);
    this.connecting = true;
    if (options.timeout !== undefined) this.setTimeout(options.timeout);
    const { stack } = this.#process;
    const name = options.host ?? options.hostname;
    const peer = options.path === undefined ? stack.resolve(name) : undefined;
    if (peer === undefined) {
      const error =
        options.path === undefined
          ? systemError("ENOTFOUND", "getaddrinfo", { hostname: name })
          : systemError("ENOENT", "connect", { path: options.path });
      process.nextTick(() => this.destroy(error));
      return this;
    }
    this.attach(stack.connect(peer, Number(options.port), this.#inContext()));
    return this;
  }

  /** It is the process's end of this connection. */
  attach(connection: Connection): void {
    const { stack } = this.#process;
    this.#connection = connection;
    if (this.#keepAliveMs > 0) connection.keepAlive(this.#keepAliveMs * MILLISECOND);
    this.pending = connection.state === "connecting";
    this.localAddress = stack.address;
    this.localPort = connection.localPort;
    this.remoteAddress = stack.addressOf(connection.peer);
    this.remotePort = connection.remotePort;
  }

  /** The user of its connection: itself, in the asynchronous context in which it was opened. */
  #inContext(): ConnectionUser {
    const simulated = this.#process;
    if (!simulated.tracksContexts) return this;
    const run = simulated.bound((action: () => void) => action());
    return {
      connected: () => run(() => this.connected()),
      received: (bytes) => run(() => this.received(bytes)),
      ended: () => run(() => this.ended()),
      failed: (error) => run(() => this.failed(error)),
    };
  }

  connected(): void {
    this.connecting = false;
    this.pending = false;
    this.#touch();
    this.emit("connect");
    this.emit("ready");
    if (this.encrypted) this.emit("secureConnect");
  }

  received(bytes: Buffer): void {
    this.#touch();
    this.bytesRead += bytes.length;
    if (this.push(bytes)) this.#connection?.consumed(bytes.length);
    else this.#held += bytes.length;
  }

  ended(): void {
    this.#touch();
    this.push(null);
    this.read(0);
  }

  failed(error: Error): void {
    this.destroy(error);
  }

  override _read(): void {
    const held = this.#held;
    this.#held = 0;
    if (held > 0) this.#connection?.consumed(held);
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, done: Done): void {
    this.#writeAll([chunk], done);
  }

  override _writev(chunks: { readonly chunk: Uint8Array }[], done: Done): void {
    this.#writeAll(
      chunks.map(({ chunk }) => chunk),
      done,
    );
  }

  #writeAll(chunks: readonly Uint8Array[], done: Done): void {
    this.#whenConnected(done, (connection) => {
      this.#touch();
      for (const chunk of chunks) this.bytesWritten += chunk.length;
      connection.write(chunks, done);
    });
  }

  override _final(done: Done): void {
    this.#whenConnected(done, (connection) => {
      connection.finish();
      done();
    });
  }

  #whenConnected(done: Done, act: (connection: Connection) => void): void {
    if (this.connecting) this.once("connect", () => this.#whenConnected(done, act));
    else if (this.#connection === undefined) done(systemError("EPIPE", "write"));
    else act(this.#connection);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.connecting = false;
    this.#process.timers.clear(this.#idle);
    if (this.#held > 0 && error === null) this.#connection?.consumed(this.#held);
    if (error === null || this.#connection?.state === "closed") this.#connection?.close();
    else this.#connection?.reset();
    done(error);
  }

  /** `timeout` is emitted after so many milliseconds in which nothing came or went; 0 for never. */
  setTimeout(ms: number, listener?: () => void): this {
    this.timeout = ms;
    if (listener !== undefined && ms > 0) this.once("timeout", listener);
    else if (listener !== undefined) this.removeListener("timeout", listener);
    this.#touch();
    return this;
  }

  #touch(): void {
    if (this.#idle !== undefined) this.#process.timers.clear(this.#idle);
    this.#idle = undefined;
    if (this.timeout > 0 && !this.destroyed) {
      this.#idle = this.#process.timers.timeout(() => this.emit("timeout"), this.timeout);
    }
  }

  /** Ends it with a reset instead of a close. */
  resetAndDestroy(): this {
    this.#connection?.reset();
    return this.destroy();
  }

  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", this.destroy);
  }

  address(): object {
    return this.localAddress === undefined
      ? {}
      : { address: this.localAddress, port: this.localPort, family: this.localFamily };
  }

  get readyState(): string {
    if (this.connecting) return "opening";
    if (this.readable && this.writable) return "open";
    if (this.readable) return "readOnly";
    return this.writable ? "writeOnly" : "closed";
  }

  get bufferSize(): number {
    return this.writableLength;
  }

  setNoDelay(): this {
    return this;
  }

  /** @param initialDelay milliseconds of silence before the peer is asked; Linux has two hours by default. */
  setKeepAlive(enable = false, initialDelay = 0): this {
    this.#keepAliveMs = enable ? initialDelay || KEEP_ALIVE_MS : 0;
    this.#connection?.keepAlive(this.#keepAliveMs * MILLISECOND);
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }
}

/** The forms in which Node takes where to connect to. */
export function connectArguments(given: readonly unknown[]): {
  readonly options: ConnectOptions & SocketOptions;
  readonly listener: (() => void) | undefined;
} {
  const flat = Array.isArray(given[0]) ? given[0] : given; // Node's own modules hand over a list
  const last = flat.at(-1);
  const listener = typeof last === "function" ? (last as () => void) : undefined;
  const [first, second] = flat as unknown[];
  if (typeof first === "object" && first !== null) return { options: first, listener };
  if (typeof first === "string" && Number.isNaN(Number(first))) return { options: { path: first }, listener };
  const host = typeof second === "string" ? second : undefined;
  return { options: { port: Number(first), host }, listener };
}
