import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { OPEN, RouteProxy } from "../../src/live/proxy.js";

const HELD = { ...OPEN, held: true };

interface Route {
  readonly proxy: RouteProxy;
  readonly near: Socket;
  readonly far: Socket;
  readonly port: number;
}

const open: { destroy?(): void; close?(): void }[] = [];
afterEach(() => {
  for (const thing of open.splice(0)) {
    thing.destroy?.();
    thing.close?.();
  }
});

function listening(onSocket: (socket: Socket) => void): Promise<number> {
  const server: Server = createServer((socket) => {
    open.push(socket);
    socket.on("error", () => undefined);
    onSocket(socket);
  });
  open.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
}

function dial(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  open.push(socket);
  return socket;
}

/** A connection through a proxy, whose both ends are known. */
async function route(): Promise<Route> {
  let seen: (socket: Socket) => void = () => undefined;
  const accepted = new Promise<Socket>((resolve) => {
    seen = resolve;
  });
  const target = await listening((socket) => seen(socket));
  const proxy = new RouteProxy(target);
  open.push(proxy);
  const port = await proxy.listen();
  const near = dial(port);
  return { proxy, near, far: await accepted, port };
}

const heard = (socket: Socket): Promise<string> =>
  new Promise((resolve) => socket.once("data", (bytes: Buffer) => resolve(bytes.toString())));
const closed = (socket: Socket): Promise<void> =>
  new Promise((resolve) => socket.once("close", () => resolve()));

describe("the proxy of a route", () => {
  it("lets everything through, both ways", async () => {
    const { near, far } = await route();
    near.write("there");
    expect(await heard(far)).toBe("there");
    far.write("back");
    expect(await heard(near)).toBe("back");
  });

  it("holds one direction while the other passes, and lets go of all of it in order", async () => {
    const { proxy, near, far } = await route();
    proxy.apply(HELD, OPEN, false);
    near.write("first ");
    far.write("back");
    expect(await heard(near)).toBe("back");
    near.write("second");
    expect(far.bytesRead).toBe(0);
    proxy.apply(OPEN, OPEN, false);
    let text = "";
    while (text.length < "first second".length) text += await heard(far);
    expect(text).toBe("first second");
  });

  it("loses what it holds when the connections are broken", async () => {
    const { proxy, near, far } = await route();
    proxy.apply(HELD, HELD, false);
    near.write("lost");
    proxy.breakConnections();
    await Promise.all([closed(near), closed(far)]);
    expect(far.bytesRead).toBe(0);
  });

  it("holds a connection that is made while nothing passes", async () => {
    const { proxy, port } = await route();
    proxy.apply(HELD, HELD, false);
    const late = dial(port);
    await new Promise((resolve) => late.once("connect", resolve));
    late.write("early bird");
    proxy.apply(OPEN, OPEN, false);
    expect(late.destroyed).toBe(false);
  });

  it("ends connections and refuses new ones when it is cut, and takes them again after", async () => {
    const { proxy, near, port } = await route();
    proxy.apply(OPEN, OPEN, true);
    await closed(near);
    await closed(dial(port));
    proxy.apply(OPEN, OPEN, false);
    const again = dial(port);
    await new Promise((resolve) => again.once("connect", resolve));
    expect(again.destroyed).toBe(false);
  });

  it("keeps the order of what it delays and narrows", async () => {
    const { proxy, near, far } = await route();
    proxy.apply({ held: false, delayMs: 5, bytesPerSecond: 100_000 }, OPEN, false);
    for (let i = 0; i < 10; i++) near.write(`${i}`);
    let text = "";
    while (text.length < 10) text += await heard(far);
    expect(text).toBe("0123456789");
  });
});
