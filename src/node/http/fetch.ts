/**
 * `fetch` of one process, over its own `node:http` client: connections are kept, redirects followed, bodies streamed with
 * back-pressure, signals obeyed. `Request`, `Response` and `Headers` are Node's own. There is no cache, no cookie jar and no
 * CORS, as in Node; bodies that are compressed are unpacked.
 */
import type { ClientRequest, IncomingMessage } from "node:http";
import { Readable } from "node:stream";
import { brotliDecompressSync, gunzipSync, inflateSync } from "node:zlib";
import type { SimulatedProcess } from "../env/simulated-process.js";

interface Client {
  request(options: object): ClientRequest;
}

interface Asked {
  readonly method: string;
  readonly headers: Headers;
  readonly body: ReadableStream<Uint8Array> | Uint8Array | null;
  readonly signal: AbortSignal | undefined;
  readonly redirect: RequestInit["redirect"];
}

const MOST_REDIRECTS = 20;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);
const WITHOUT_BODY = new Set([101, 204, 205, 304]);
const WITHOUT_REQUEST_BODY = new Set(["GET", "HEAD"]);

export function fetchOf(simulated: SimulatedProcess): typeof fetch {
  const clientFor = (url: URL): Client =>
    simulated.builtin<Client>(url.protocol === "https:" ? "https" : "http");
  return async (input, init) => {
    const { url, asked } = askedOf(input, init);
    let target = url;
    let current = asked;
    for (let redirects = 0; ; redirects++) {
      if (target.protocol === "data:")
        throw failure(new Error("data: URLs are not fetched on a simulated host"));
      const answer = await send(clientFor(target), target, current).catch((error: unknown) => {
        simulated.note("response", `${current.method} ${target.href}: ${reasonOf(error)}`);
        throw error;
      });
      const location = answer.headers.location;
      const status = answer.statusCode ?? 0;
      if (!REDIRECTS.has(status) || location === undefined || current.redirect === "manual") {
        return responseOf(answer, target, current, redirects > 0);
      }
      answer.resume();
      if (current.redirect === "error") throw failure(new Error("unexpected redirect"));
      if (redirects >= MOST_REDIRECTS) throw failure(new Error("redirect count exceeded"));
      target = new URL(location, target);
      current = redirected(current, status);
    }
  };
}

/** Why an exchange failed, in a word or a few. */
function reasonOf(error: unknown): string {
  const { cause, name, message } = error as { cause?: { code?: string }; name?: string; message?: string };
  return cause?.code ?? (name === "TimeoutError" || name === "AbortError" ? name : (message ?? "failed"));
}

/** What is asked: short of a `Request` where there is none, since making one costs more than all the rest. */
function askedOf(
  input: string | URL | Request,
  init: RequestInit = {},
): { readonly url: URL; readonly asked: Asked } {
  if (
    input instanceof Request ||
    isStream(init.body) ||
    init.body instanceof FormData ||
    init.body instanceof Blob
  ) {
    const request = new Request(input, init);
    const { method, headers, body, signal, redirect } = request;
    return { url: new URL(request.url), asked: { method, headers, body, signal, redirect } };
  }
  let url: URL;
  try {
    url = new URL(String(input));
  } catch (cause) {
    throw Object.assign(new TypeError(`Failed to parse URL from ${String(input)}`), { cause });
  }
  const method = (init.method ?? "GET").toUpperCase();
  const headers = new Headers(init.headers);
  const body = bytesOf(init.body, headers);
  if (body !== null && WITHOUT_REQUEST_BODY.has(method)) {
    throw new TypeError("Request with GET/HEAD method cannot have body.");
  }
  return {
    url,
    asked: { method, headers, body, signal: init.signal ?? undefined, redirect: init.redirect ?? "follow" },
  };
}

function isStream(body: unknown): boolean {
  return (
    typeof body === "object" &&
    body !== null &&
    (body instanceof ReadableStream || Symbol.asyncIterator in body)
  );
}

function bytesOf(body: RequestInit["body"], headers: Headers): Uint8Array | null {
  if (body === undefined || body === null) return null;
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  if (!headers.has("content-type")) {
    const form = body instanceof URLSearchParams;
    headers.set("content-type", `${form ? "application/x-www-form-urlencoded" : "text/plain"};charset=UTF-8`);
  }
  return Buffer.from(String(body));
}

/** As `fetch` reports what goes wrong on the way: a TypeError with the cause. */
function failure(cause: unknown): TypeError {
  return Object.assign(new TypeError("fetch failed"), { cause });
}

function send(client: Client, url: URL, { method, headers, body, signal }: Asked): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) {
      reject(signal.reason);
      return;
    }
    const fields: Record<string, string | string[]> = {
      accept: "*/*",
      "user-agent": "node",
      connection: "keep-alive",
    };
    headers.forEach((value, name) => {
      fields[name] = value;
    });
    if (body instanceof Uint8Array) fields["content-length"] = String(body.length);
    else if (body === null && !WITHOUT_REQUEST_BODY.has(method)) fields["content-length"] = "0";
    const { protocol, hostname, port, pathname, search } = url;
    const place = { protocol, hostname, path: `${pathname}${search}`, ...(port === "" ? {} : { port }) };
    const request = client.request({ ...place, method, headers: fields });
    let answer: IncomingMessage | undefined;
    const aborted = (): void => {
      reject(signal?.reason);
      request.destroy();
      answer?.destroy(signal?.reason);
    };
    signal?.addEventListener("abort", aborted, { once: true });
    // A program may give one signal to any number of requests.
    const settled = (): void => signal?.removeEventListener("abort", aborted);
    request.once("response", (received) => {
      answer = received;
      received.once("close", settled);
      resolve(received);
    });
    request.on("error", (error) => {
      settled();
      reject(failure(error));
    });
    if (body === null || body instanceof Uint8Array) request.end(body ?? undefined);
    else void pour(body, request);
  });
}

/** Sends a streamed body. */
async function pour(body: ReadableStream<Uint8Array>, request: ClientRequest): Promise<void> {
  try {
    for await (const chunk of body) {
      if (!request.write(chunk)) await new Promise((resolve) => request.once("drain", resolve));
    }
    request.end();
  } catch (error) {
    request.destroy(error instanceof Error ? error : new Error(String(error)));
  }
}

/** The next request of a chain of redirects. */
function redirected(asked: Asked, status: number): Asked {
  const becomesGet = status === 303 ? asked.method !== "HEAD" : status < 303 && asked.method === "POST";
  if (!becomesGet) return asked;
  const headers = new Headers(asked.headers);
  for (const name of ["content-type", "content-length", "content-encoding"]) headers.delete(name);
  return { ...asked, method: "GET", headers, body: null };
}

function responseOf(answer: IncomingMessage, url: URL, { method }: Asked, wasRedirected: boolean): Response {
  const headers = new Headers();
  const { rawHeaders, statusCode: status = 0 } = answer;
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    headers.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  const init = { status, statusText: answer.statusMessage ?? "", headers };
  const withoutBody = method === "HEAD" || WITHOUT_BODY.has(status);
  if (withoutBody) answer.resume();
  const response = new Response(withoutBody ? null : bodyOf(answer), init);
  Object.defineProperty(response, "url", { value: url.href });
  Object.defineProperty(response, "redirected", { value: wasRedirected });
  return response;
}

/** The body as it comes; one that is compressed, whole and unpacked. */
function bodyOf(answer: IncomingMessage): ReadableStream<Uint8Array> {
  const unpack = UNPACK[answer.headers["content-encoding"] ?? ""];
  return unpack === undefined ? streamed(answer) : streamed(Readable.from(unpacked(answer, unpack)));
}

const UNPACK: Readonly<Record<string, (bytes: Uint8Array) => Uint8Array>> = {
  gzip: gunzipSync,
  "x-gzip": gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

async function* unpacked(
  source: Readable,
  unpack: (bytes: Uint8Array) => Uint8Array,
): AsyncGenerator<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk as Uint8Array);
  if (chunks.length > 0) yield unpack(Buffer.concat(chunks));
}

function streamed(source: Readable): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        source.on("data", (chunk: Uint8Array) => {
          controller.enqueue(new Uint8Array(chunk));
          if ((controller.desiredSize ?? 0) <= 0) source.pause();
        });
        let ended = false;
        source.once("end", () => {
          ended = true;
          controller.close();
        });
        source.once("error", (error) => {
          ended = true;
          controller.error(wireError(error));
        });
        source.once("close", () => {
          if (!ended) controller.error(wireError(undefined));
        });
      },
      pull() {
        source.resume();
      },
      cancel() {
        source.destroy();
      },
    },
    { highWaterMark: 4 },
  );
}

/** A body that broke off: what `fetch` calls `terminated`, unless the caller's own signal ended it. */
function wireError(error: unknown): unknown {
  if (error instanceof DOMException) return error;
  return Object.assign(new TypeError("terminated"), { cause: error });
}
