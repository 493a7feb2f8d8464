/**
 * How the processes of a drill speak to each other: lines of JSON over local sockets in the drill's folder, so that nothing
 * listens on any network. A connection that breaks loses what was on its way, as connections do; who waited for an answer
 * waits for its time-out. Messages to a process that is down are lost.
 */
import { rmSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import type { Json } from "../sim/plan.js";

export type WireMessage =
  | { readonly kind: "send"; readonly name: string; readonly from: string; readonly body: Json }
  | {
      readonly kind: "request";
      readonly n: number;
      readonly name: string;
      readonly from: string;
      readonly body: Json;
    }
  | { readonly kind: "reply"; readonly n: number; readonly body: Json };

/** Where a host of a drill listens. */
export const socketOf = (folder: string, host: string): string =>
  join(folder, "sockets", encodeURIComponent(host));

/** A request that came in is answered with `reply`, at any time. */
export type OnWire = (message: WireMessage, reply: (body: Json) => void) => void;

/** Listens as a host; resolves when others can connect. */
export function listenAs(folder: string, host: string, onMessage: OnWire): Promise<void> {
  const path = socketOf(folder, host);
  rmSync(path, { force: true }); // a former life of the host may have left it
  const server = createServer((socket) => {
    readLines(socket, (message) => {
      onMessage(message, (body) => {
        if (message.kind === "request" && !socket.destroyed)
          write(socket, { kind: "reply", n: message.n, body });
      });
    });
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => resolve());
  });
}

/** The connections of one host to all others, made when they are needed. */
export class Peers {
  readonly #folder: string;
  readonly #onReply: (n: number, body: Json) => void;
  readonly #sockets = new Map<string, Socket>();

  constructor(folder: string, onReply: (n: number, body: Json) => void) {
    this.#folder = folder;
    this.#onReply = onReply;
  }

  write(to: string, message: WireMessage): void {
    write(this.#socketTo(to), message);
  }

  #socketTo(to: string): Socket {
    const known = this.#sockets.get(to);
    if (known !== undefined && !known.destroyed) return known;
    const socket = connect(socketOf(this.#folder, to));
    this.#sockets.set(to, socket);
    readLines(socket, (message) => {
      if (message.kind === "reply") this.#onReply(message.n, message.body);
    });
    return socket;
  }
}

function write(socket: Socket, message: WireMessage): void {
  socket.write(`${JSON.stringify(message)}\n`);
}

function readLines(socket: Socket, onLine: (message: WireMessage) => void): void {
  let rest = "";
  socket.on("error", () => undefined); // the end of the connection is all that there is to know
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(JSON.parse(line) as WireMessage); // written by `write`
  });
}
