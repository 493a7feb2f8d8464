/**
 * A `Host` over a real process that stands by itself: a service that others reach over HTTP, and that reaches others so.
 *
 * A request of the name `store/read` is `POST http://OTHER/rpc/store/read`, its body and its answer in JSON; what it is sent
 * goes the same way and is not answered. A service outside is called by `POST ADDRESS/OPERATION` with the token as
 * `Idempotency-Key`, and answers a status: below 300 with a value, below 500 with a refusal as `{ "error": "declined" }`.
 * Whoever can't be reached is waited for until the time is over, as if it were silent. Beside requests it serves the paths of
 * an operator.
 *
 * Nobody keeps a history: what is recorded goes to whoever listens. There is no authentication: it belongs in a network of its
 * own.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Fact } from "../sim/history.js";
import { type ExternalReply, type Message, type Rpc, TIMED_OUT, type TimedOut } from "../sim/host.js";
import type { HostSpec, Json } from "../sim/plan.js";
import type { Micros } from "../sim/time.js";
import { type ExternalCall, ProcessHost } from "./process-host.js";

const MICROS_PER_MS = 1000;
const NANOS_PER_MS = 1_000_000n;
const LARGEST_BODY = 16_000_000;
const RPC = "/rpc/";
const FROM = "x-from";

export interface ServiceReply {
  readonly status: number;
  readonly body: Json;
  /** The body is a text, and goes as it is; else it goes as JSON. */
  readonly isText?: true;
}

export interface ServiceRequest {
  readonly method: string;
  readonly path: string;
  /** Names are in small letters. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** Answers what is no request of another host; undefined for a path that it does not know. */
export type Route = (request: ServiceRequest) => Promise<ServiceReply> | undefined;

export interface ServiceOptions {
  readonly spec: HostSpec;
  /** Where its disk's files are. */
  readonly disk: string;
  /** Addresses of the services outside, by name: `http://payments:9000`. */
  readonly services: ReadonlyMap<string, string>;
  readonly onFact?: (fact: Fact) => void;
}

export interface Listening {
  readonly port: number;
  /** Takes nothing more; what is under way is answered. */
  close(): void;
}

export class ServiceHost extends ProcessHost {
  readonly #options: ServiceOptions;

  constructor(options: ServiceOptions) {
    const { spec, disk } = options;
    const started = Date.now();
    // its clock shows the time of day, and is not set back when that is
    const base = process.hrtime.bigint() - BigInt(started) * NANOS_PER_MS;
    const seed = `${spec.id}#${started}`;
    super({ spec, incarnation: started, seed, knobs: {}, defects: [], disk, base });
    this.#options = options;
  }

  /** @throws what the system says where the address can't be listened at. */
  listen(address: { readonly host: string; readonly port: number }, route: Route): Promise<Listening> {
    const server = createServer((request, response) => {
      void this.#serve(request, response, route);
    });
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(address.port, address.host, () => {
        const bound = server.address();
        const port = typeof bound === "object" && bound !== null ? bound.port : address.port;
        resolve({ port, close: () => void server.close() });
      });
    });
  }

  send<B>(message: Message<B>, to: string, body: B): void {
    void post(urlOf(to, message.name), body as Json, { [FROM]: this.id }).catch(() => undefined); // sent and forgotten
  }

  async request<Q, R>(rpc: Rpc<Q, R>, to: string, body: Q, timeout: Micros): Promise<R | TimedOut> {
    const answer = await this.#within(timeout, async (signal) => {
      const response = await post(urlOf(to, rpc.name), body as Json, { [FROM]: this.id }, signal);
      return response.ok ? ((await response.json()) as R) : undefined; // as the handler of this name answers
    });
    return answer ?? TIMED_OUT;
  }

  protected async reach<R>(
    { service, operation, token, body }: ExternalCall,
    timeout: Micros,
  ): Promise<ExternalReply<R> | TimedOut> {
    const address = this.#options.services.get(service);
    if (address === undefined) throw new RangeError(`there is no address for the service ${service}`);
    const reply = await this.#within(timeout, async (signal): Promise<ExternalReply<R> | undefined> => {
      const headers = { [FROM]: this.id, "idempotency-key": token };
      const response = await post(new URL(`${address}/${operation}`), body, headers, signal);
      const answer = (await response.json().catch(() => undefined)) as Json | undefined;
      if (response.ok) return { ok: true, value: answer as R }; // as whoever calls knows the service
      if (response.status >= 500) return undefined; // whether it was applied is not known
      return { ok: false, error: errorIn(answer), status: response.status };
    });
    return reply ?? TIMED_OUT;
  }

  record(fact: Fact): void {
    this.#options.onFact?.(fact);
  }

  /** What came of it; undefined when nothing did in time, however soon that was known. */
  async #within<T>(
    timeout: Micros,
    ask: (signal: AbortSignal) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const ms = Math.max(1, Math.ceil(timeout / MICROS_PER_MS));
    const over = sleep(ms, undefined, { ref: false });
    try {
      const answer = await ask(AbortSignal.timeout(ms));
      if (answer !== undefined) return answer;
    } catch {
      // refused, reset or silent: all that is known is that there is no answer
    }
    await over;
    return undefined;
  }

  async #serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> {
    const reply = await this.#answer(request, route).catch((error: unknown): ServiceReply => {
      return { status: 500, body: { error: error instanceof Error ? error.message : String(error) } };
    });
    const type = reply.isText ? "text/plain; version=0.0.4; charset=utf-8" : "application/json";
    response.writeHead(reply.status, { "content-type": type });
    response.end(reply.isText ? String(reply.body) : JSON.stringify(reply.body));
  }

  async #answer(request: IncomingMessage, route: Route): Promise<ServiceReply> {
    const { method = "GET" } = request;
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(request.headers)) headers[name] = String(value ?? "");
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    const text = await bodyOf(request);
    if (text === undefined)
      return { status: 413, body: { error: `a body has at most ${LARGEST_BODY} bytes` } };
    let body: Json;
    try {
      body = text === "" ? null : (JSON.parse(text) as Json); // what it parses to is JSON
    } catch {
      return { status: 400, body: { error: "the body is no JSON" } };
    }
    const unknown = { status: 404, body: { error: `there is no ${method} ${path}` } };
    if (!path.startsWith(RPC)) return (await route({ method, path, headers, body })) ?? unknown;
    const name = decodeURI(path.slice(RPC.length));
    const from = headers[FROM] ?? "";
    if (method !== "POST") return unknown;
    const message = this.messageHandlers.get(name);
    if (message !== undefined) {
      message(body, from);
      return { status: 202, body: null };
    }
    const handler = this.requestHandlers.get(name);
    if (handler === undefined) return unknown;
    return { status: 200, body: await handler(body, from) };
  }
}

const urlOf = (to: string, name: string): URL =>
  new URL(`${/^https?:/.test(to) ? to : `http://${to}`}${RPC}${name}`);

function post(
  url: URL,
  body: Json,
  headers: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<Response> {
  return fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
    ...(signal === undefined ? {} : { signal }),
  });
}

function errorIn(answer: Json | undefined): string {
  const isNamed = typeof answer === "object" && answer !== null && "error" in answer;
  return isNamed && typeof answer.error === "string" ? answer.error : "refused";
}

/** Undefined: it is too large. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= LARGEST_BODY) chunks.push(chunk);
  }
  return length > LARGEST_BODY ? undefined : Buffer.concat(chunks).toString("utf8");
}
