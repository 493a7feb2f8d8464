/** `node:net`, `node:tls` and `node:dns` of one process. */
import { promisify } from "node:util";
import { refused } from "../env/refused.js";
import type { SimulatedProcess } from "../env/simulated-process.js";
import { systemError } from "./errors.js";
import { Server } from "./server.js";
import { connectArguments, Socket, type SocketOptions } from "./socket.js";

const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
const IPV6 = /^[0-9a-f]*:[0-9a-f:.]*$/i;

const isIP = (text: unknown): number => (IPV4.test(String(text)) ? 4 : IPV6.test(String(text)) ? 6 : 0);

/** What the rest of the house uses of `node:net`; programs see more. */
export interface NetModule {
  readonly Socket: new (options?: SocketOptions) => Socket;
  readonly Server: new (options?: unknown, listener?: unknown) => Server;
  createServer(options?: unknown, listener?: unknown): Server;
  connect(port: number, host: string): Socket;
}

export function netOf(simulated: SimulatedProcess): NetModule {
  class ProcessSocket extends Socket {
    constructor(options?: SocketOptions) {
      super(simulated, options ?? {});
    }
  }
  class ProcessServer extends Server {
    constructor(options?: unknown, listener?: unknown) {
      super(simulated, options, listener);
    }
  }
  const connect = (...given: unknown[]): Socket => {
    const { options } = connectArguments(given);
    return new ProcessSocket(options).connect(...given);
  };
  const module = {
    Socket: ProcessSocket,
    Stream: ProcessSocket,
    Server: ProcessServer,
    createServer: (options?: unknown, listener?: unknown) => new ProcessServer(options, listener),
    connect,
    createConnection: connect,
    isIP,
    isIPv4: (text: unknown) => isIP(text) === 4,
    isIPv6: (text: unknown) => isIP(text) === 6,
    getDefaultAutoSelectFamily: () => false,
    setDefaultAutoSelectFamily: () => {},
    getDefaultAutoSelectFamilyAttemptTimeout: () => 250,
    setDefaultAutoSelectFamilyAttemptTimeout: () => {},
  };
  return module;
}

/** TLS is pretended: a handshake takes no time, certificates are none, what travels is as it is. */
export function tlsOf(simulated: SimulatedProcess): object {
  class TLSSocket extends Socket {
    /** Libraries look through it for the stream that it wraps. */
    readonly _handle = { _parentWrap: { constructor: Object } };

    constructor(_wrapped?: unknown, options?: SocketOptions) {
      super(simulated, options ?? {});
      this.encrypted = true;
      this.authorized = true;
    }

    getPeerCertificate(): object {
      return {};
    }

    getSession(): undefined {
      return undefined;
    }

    getCipher(): object {
      return { name: "pretended", version: "TLSv1.3" };
    }
  }
  const connect = (...given: unknown[]): TLSSocket => {
    const { options, listener } = connectArguments(given);
    const socket = new TLSSocket(undefined, options);
    if (listener !== undefined) socket.once("secureConnect", listener);
    socket.connect(options);
    return socket;
  };
  return {
    TLSSocket,
    connect,
    createSecureContext: () => ({}),
    checkServerIdentity: () => undefined,
    rootCertificates: [],
    DEFAULT_MIN_VERSION: "TLSv1.2",
    DEFAULT_MAX_VERSION: "TLSv1.3",
    createServer: () =>
      refused("tls.createServer", "serve plain TCP: what travels inside a universe needs no secrecy"),
  };
}

type Found = { readonly address: string; readonly family: number };
type LookupOptions = { readonly all?: boolean };

export function dnsOf(simulated: SimulatedProcess): object {
  const find = (name: string): Found => {
    const { stack } = simulated;
    const host = stack.resolve(name);
    if (host === undefined) throw systemError("ENOTFOUND", "getaddrinfo", { hostname: name });
    return { address: stack.addressOf(host), family: 4 };
  };
  const lookup = (
    name: string,
    options: LookupOptions | number | ((...results: unknown[]) => void),
    callback?: (...results: unknown[]) => void,
  ): void => {
    const back = typeof options === "function" ? options : callback;
    const all = typeof options === "object" && options.all === true;
    simulated.soon(() => {
      let found: Found;
      try {
        found = find(name);
      } catch (error) {
        back?.(error);
        return;
      }
      if (all) back?.(null, [found]);
      else back?.(null, found.address, found.family);
    });
  };
  const resolve4 = (name: string, ...rest: unknown[]): void => {
    const back = rest.at(-1) as (error: unknown, found?: string[]) => void; // Node puts it last
    lookup(name, (error: unknown, address: unknown) => (error ? back(error) : back(null, [String(address)])));
  };
  const resolve6 = (name: string, ...rest: unknown[]): void => {
    const back = rest.at(-1) as (error: unknown) => void; // as above
    simulated.soon(() => back(systemError("ENODATA", "queryAaaa", { hostname: name })));
  };
  const soon = () => new Promise<void>((resolve) => simulated.soon(resolve));
  const promises = {
    lookup: async (name: string, options?: LookupOptions) => {
      await soon();
      return options?.all === true ? [find(name)] : find(name);
    },
    resolve4: promisify(resolve4),
    resolve: promisify(resolve4),
    resolve6: promisify(resolve6),
  };
  return {
    lookup,
    resolve: resolve4,
    resolve4,
    resolve6,
    promises,
    ADDRCONFIG: 0,
    V4MAPPED: 0,
    NODATA: "ENODATA",
    NOTFOUND: "ENOTFOUND",
    setDefaultResultOrder: () => {},
    getDefaultResultOrder: () => "ipv4first",
    setServers: () => {},
    getServers: () => [],
  };
}
