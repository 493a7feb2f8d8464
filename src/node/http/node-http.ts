/**
 * `node:http` and `node:https` of one process: Node's own parser, server, client and agent over simulated sockets. Replaced
 * are only the sockets, what would run on real timers (the check of slow connections, the cached date), and TLS, which
 * is pretended: `https` is plain HTTP on another port.
 */
import * as http from "node:http";
import { urlToHttpOptions } from "node:url";
import type { SimulatedProcess } from "../env/simulated-process.js";
import { netOf } from "../net/index.js";
import type { ConnectOptions, Socket } from "../net/socket.js";

type Listener = (...args: unknown[]) => void;
type Constructor<T> = new (...args: unknown[]) => T;

const HTTP_PORT = 80;
const HTTPS_PORT = 443;
const MS_A_SECOND = 1_000;
const IDLE_AGENT_MS = 5_000;

export interface HttpModules {
  readonly http: object;
  readonly https: object;
}

export function httpOf(simulated: SimulatedProcess): HttpModules {
  const net = netOf(simulated);
  let second = -1;
  let text = "";
  /** As the header `Date` has it; made anew for each second. */
  const now = (): string => {
    const current = Math.floor(simulated.now() / MS_A_SECOND);
    if (current !== second) text = new Date(current * MS_A_SECOND).toUTCString();
    second = current;
    return text;
  };

  class ServerResponse extends (http.ServerResponse as unknown as Constructor<http.ServerResponse>) {
    constructor(...args: unknown[]) {
      super(...args);
      this.sendDate = false; // Node's is cached by the real clock
    }

    override writeHead(...args: unknown[]): this {
      if (!this.headersSent && !this.hasHeader("date")) this.setHeader("Date", now());
      return (super.writeHead as (...args: unknown[]) => this)(...args);
    }
  }

  class Server extends (http.Server as unknown as Constructor<http.Server>) {
    readonly #inner = net.createServer({ allowHalfOpen: true });

    constructor(options?: unknown, listener?: unknown) {
      const given = typeof options === "object" && options !== null ? options : {};
      super({ ServerResponse, ...given }, typeof options === "function" ? options : listener);
      this.prependListener("request", (request, response) => noteExchange(simulated, request, response));
      // Node begins to look for slow connections here, by a real interval.
      this.removeAllListeners("listening");
      Object.defineProperty(this, "listening", { get: () => this.#inner.listening });
      for (const event of ["connection", "listening", "close", "error"]) {
        this.#inner.on(event, (...args: unknown[]) => this.emit(event, ...args));
      }
    }

    override listen(...args: unknown[]): this {
      this.#inner.listen(...args);
      return this;
    }

    override address(): ReturnType<http.Server["address"]> {
      return this.#inner.address() as ReturnType<http.Server["address"]>; // the same fields
    }

    override close(callback?: (error?: Error) => void): this {
      this.#inner.close(callback);
      this.closeIdleConnections();
      return this;
    }

    override closeIdleConnections(): void {
      for (const socket of this.#inner.sockets) if (isIdle(socket)) socket.destroySoon();
    }

    override closeAllConnections(): void {
      for (const socket of this.#inner.sockets) socket.destroy();
    }

    override getConnections(callback: (error: Error | null, count: number) => void): this {
      this.#inner.getConnections(callback);
      return this;
    }

    override ref(): this {
      return this;
    }

    override unref(): this {
      return this;
    }
  }

  const build = (protocol: "http:" | "https:", defaultPort: number): object => {
    class Agent extends (http.Agent as unknown as Constructor<http.Agent>) {
      constructor(options?: unknown) {
        super(options);
        Object.assign(this, { protocol, defaultPort });
      }

      override createConnection(options: ConnectOptions): Socket {
        const socket = new net.Socket();
        if (protocol === "https:") Object.assign(socket, { encrypted: true, authorized: true });
        return socket.connect({ host: options.host ?? options.hostname, port: options.port });
      }
    }
    const globalAgent = new Agent({ keepAlive: true, scheduling: "lifo", timeout: IDLE_AGENT_MS });
    const request = (...given: unknown[]): http.ClientRequest => {
      const { options, listener } = requestArguments(given);
      return new (http.ClientRequest as unknown as Constructor<http.ClientRequest>)(
        { ...options, _defaultAgent: globalAgent, agent: agentOf(options, globalAgent, Agent) },
        listener,
      );
    };
    return {
      ...http,
      Agent,
      globalAgent,
      Server,
      ServerResponse,
      createServer: (options?: unknown, listener?: unknown) => new Server(options, listener),
      request,
      get: (...given: unknown[]) => request(...given).end(),
    };
  };
  return { http: build("http:", HTTP_PORT), https: build("https:", HTTPS_PORT) };
}

/** Has the history tell what a server was asked and what it answered. */
function noteExchange(
  simulated: SimulatedProcess,
  { method, url }: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  simulated.note("request", `${method} ${url}`);
  response.once("close", () => {
    const outcome = response.writableFinished ? String(response.statusCode) : "not answered";
    simulated.note("response", `${method} ${url}: ${outcome}`);
  });
}

/** Whether no request is under way on it. */
function isIdle(socket: Socket): boolean {
  return (socket as { readonly _httpMessage?: unknown })._httpMessage == null;
}

type RequestOptions = Readonly<Record<string, unknown>>;

/** The forms in which Node takes a request: `(url | options, options?, listener?)`. */
function requestArguments(given: readonly unknown[]): {
  readonly options: RequestOptions;
  readonly listener: Listener | undefined;
} {
  const [first, second] = given;
  if (given.length === 1 && typeof first === "object" && !(first instanceof URL))
    return { options: first as RequestOptions, listener: undefined };
  const fromUrl =
    typeof first === "string"
      ? urlToHttpOptions(new URL(first))
      : first instanceof URL
        ? urlToHttpOptions(first)
        : first;
  const more = first === fromUrl || typeof second !== "object" ? {} : second;
  const listener = given.find((argument) => typeof argument === "function") as Listener | undefined;
  return { options: { ...(fromUrl as object), ...more }, listener };
}

function agentOf(options: RequestOptions, usual: http.Agent, Agent: new () => http.Agent): unknown {
  const { agent, createConnection } = options;
  if (agent === false) return new Agent();
  if (agent !== undefined && agent !== null) return agent;
  return typeof createConnection === "function" ? undefined : usual;
}
