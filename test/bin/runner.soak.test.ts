/** The runner as processes: nodes, their store, a gateway and providers over a real JetStream, with the settings of the example. */
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePorts } from "../../src/live/ports.js";
import { compiled } from "../support/compiled.js";
import { temporaryFolder } from "../support/folder.js";
import { natsServer, needsServer, TestServer } from "../support/nats.js";

const DEPLOY = fileURLToPath(new URL("../../examples/deploy", import.meta.url));

type Json = unknown;

/** One process of the runner. */
class Process {
  readonly url: string;
  readonly #part: string;
  readonly #config: string;
  readonly #env: Readonly<Record<string, string>>;
  #child: ChildProcess | undefined;
  /** What it wrote. */
  text = "";

  constructor(part: string, port: number, config: string, env: Readonly<Record<string, string>>) {
    this.url = `http://127.0.0.1:${port}`;
    this.#part = part;
    this.#config = config;
    this.#env = { ...env, RUNNER_SERVICE_LISTEN: `127.0.0.1:${port}`, RUNNER_SERVICE_ID: `${part}-${port}` };
    onTestFinished(() => this.signal("SIGKILL").then(() => undefined));
  }

  start(): void {
    const entry = join(compiled(), "bin", "seedstorm.js");
    const child = spawn(process.execPath, [entry, "runner", this.#part, "--config", this.#config], {
      env: { ...process.env, ...this.#env },
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (text) => {
        this.text += text;
      });
  }

  /** Resolves to its exit code, or the signal that ended it. */
  async signal(signal: NodeJS.Signals): Promise<number | string | null> {
    const child = this.#child;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode ?? child.signalCode;
    const ended = new Promise<number | string | null>((resolve) => {
      child.once("exit", (code, by) => resolve(code ?? by));
    });
    child.kill(signal);
    return ended;
  }

  async ask(path: string, body?: Json): Promise<{ readonly status: number; readonly text: string }> {
    try {
      const how = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${this.url}${path}`, how);
      return { status: response.status, text: await response.text() };
    } catch (error) {
      return { status: 0, text: String(error) };
    }
  }

  async ready(): Promise<void> {
    const failed = (): boolean => this.text.includes("error: ");
    const isReady = async (): Promise<boolean> => (await this.ask("/ready")).status === 200;
    await until(async () => failed() || isReady(), `${this.#part} is ready`, this);
    if (failed()) throw new Error(this.text);
  }
}

async function until(done: () => Promise<boolean>, what: string, of?: Process): Promise<void> {
  for (let n = 0; !(await done()); n++) {
    if (n > 800) throw new Error(`it never came: ${what}: ${of?.text}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

interface Ground {
  readonly store: Process;
  readonly gateway: Process;
  readonly providers: Process;
  readonly nodes: readonly Process[];
  readonly folder: string;
}

/** All of it, up and ready. Ports that were free may be taken before they are used: then others are tried. */
async function ground(nodes: number, env: Readonly<Record<string, string>> = {}): Promise<Ground> {
  const server = await TestServer.start();
  for (let tried = 1; ; tried++) {
    try {
      return await groundOn(server, nodes, env);
    } catch (error) {
      if (tried === 3 || !String(error).includes("something listens there")) throw error;
    }
  }
}

async function groundOn(
  server: TestServer,
  nodes: number,
  env: Readonly<Record<string, string>>,
): Promise<Ground> {
  const folder = join(temporaryFolder(), "deploy");
  cpSync(DEPLOY, folder, { recursive: true });
  const config = join(folder, "runner.yaml");
  const ports = await freePorts(3 + nodes);
  const at = (n: number): string => `http://127.0.0.1:${ports[n]}`;
  const all = {
    RUNNER_BROKERS: server.url,
    RUNNER_STORE: at(0),
    RUNNER_GATEWAY: at(1),
    RUNNER_SERVICE_PROVIDERS: `payments=${at(2)}/payments,carrier=${at(2)}/carrier`,
    RUNNER_SERVICE_FOLDER: join(folder, "data"),
    RUNNER_SERVICE_SECRETS: "secrets",
    RUNNER_SPREAD_LANES: "4",
    RUNNER_SPREAD_PARTS: "4",
    RUNNER_CONSUMERS_ACK_WAIT: "2000",
    RUNNER_EFFECTS_CLAIM_TTL: "2500",
    ...env,
  };
  const [store, gateway, providers, ...rest] = [
    "store",
    "gateway",
    "providers",
    ...Array(nodes).fill("node"),
  ].map((part: string, n) => new Process(part, ports[n] ?? 0, config, all));
  if (store === undefined || gateway === undefined || providers === undefined) throw new Error("three parts");
  for (const each of [store, gateway, providers, ...rest]) each.start();
  for (const each of [store, gateway, providers, ...rest]) await each.ready();
  return { store, gateway, providers, nodes: rest, folder };
}

function submission(id: string, aggregate: string, command: string, payload: Json, tenant = "acme"): Json {
  const headers = { "x-tenant-id": tenant, "x-correlation-id": id };
  return { headers, commandId: `${command}-${id}`, aggregate, id, command, payload };
}

async function submit(gateway: Process, body: Json): Promise<void> {
  const { status, text } = await gateway.ask("/rpc/gateway/submit", body);
  expect([status, JSON.parse(text).status]).toEqual([200, 200]);
}

type Answer = (path: string, body: string, headers: Record<string, string>) => Promise<Response | undefined>;

/** Stands between a node and another part. What `answer` does not answer is dropped. */
class Front {
  answer: Answer = async () => undefined;

  private constructor(readonly url: string) {}

  static async start(): Promise<Front> {
    const server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const headers: Record<string, string> = {};
      for (const name of ["content-type", "idempotency-key", "x-from"])
        headers[name] = String(request.headers[name] ?? "");
      const answered = await front.answer(request.url ?? "/", body, headers).catch(() => undefined);
      if (answered === undefined) {
        request.socket.destroy();
        return;
      }
      response.writeHead(answered.status, { "content-type": "application/json" });
      response.end(await answered.text());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const address = server.address();
    const front = new Front(`http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`);
    return front;
  }
}

interface Applied {
  readonly operation: string;
  readonly value: { readonly order: string };
}

async function applied({ providers }: Ground, operation: string): Promise<string[]> {
  const ledger = JSON.parse((await providers.ask("/ledger")).text) as Applied[];
  return ledger.filter((each) => each.operation === operation).map(({ value }) => value.order);
}

const ORDER = { item: "item-1", quantity: 1, cents: 500 };
const stock = submission("item-1", "stock", "stock", { quantity: 50 });

describe.skipIf(natsServer === "")(`the runner as processes${needsServer}`, () => {
  it("takes orders to their end, each charged and shipped once, while its nodes are drained, killed and started", async () => {
    const all = await ground(2);
    const [one, two] = all.nodes;
    if (one === undefined || two === undefined) throw new Error("two nodes");
    await submit(all.gateway, stock);
    const orders = Array.from({ length: 12 }, (_, n) => `o-${n + 1}`);
    for (const id of orders.slice(0, 6)) await submit(all.gateway, submission(id, "order", "place", ORDER));
    expect(await two.signal("SIGKILL")).toBe("SIGKILL");
    two.start();
    for (const id of orders.slice(6, 9)) await submit(all.gateway, submission(id, "order", "place", ORDER));
    await two.ready();
    expect(await one.signal("SIGTERM"), one.text).toBe(0);
    expect(one.text).toContain("SIGTERM: draining");
    expect(one.text).toContain('"message":"drained"');
    expect(await all.store.signal("SIGKILL")).toBe("SIGKILL");
    for (const id of orders.slice(9)) await submit(all.gateway, submission(id, "order", "place", ORDER));
    expect((await two.ask("/health")).status).toBe(503);
    all.store.start();
    one.start();
    const expected = orders.map((id) => `acme/${id}`).sort();
    await until(async () => (await applied(all, "ship")).length >= orders.length, "all are shipped");
    await until(
      async () => (await two.ask("/metrics")).text.includes("runner_outbox_depth 0"),
      "it is flushed",
    );
    expect((await applied(all, "charge")).sort()).toEqual(expected);
    expect((await applied(all, "ship")).sort()).toEqual(expected);
    expect(await applied(all, "refund")).toEqual([]);
    expect((await two.ask("/health")).status).toBe(200);
  });

  it.each([
    ["after a commit and before its dispatch", "gateway", "before"],
    ["after a dispatch and before its item is deleted", "gateway", "after"],
    ["before the call of an effect comes to its provider", "providers", "before"],
    ["after a provider has applied an effect and before it answers", "providers", "after"],
  ] as const)("loses and doubles nothing when its node is killed %s", async (_, where, when) => {
    const front = await Front.start();
    const all = await ground(
      1,
      where === "gateway"
        ? { RUNNER_GATEWAY: front.url }
        : { RUNNER_SERVICE_PROVIDERS: `payments=${front.url}/payments,carrier=${front.url}/carrier` },
    );
    const [node] = all.nodes;
    if (node === undefined) throw new Error("one node");
    let isFirst = true;
    let isKilled = false;
    front.answer = async (path, body, headers) => {
      const forward = (): Promise<Response> =>
        fetch(`${all[where].url}${path}`, { method: "POST", body, headers });
      if (!isFirst) return forward();
      isFirst = false;
      if (when === "after") await (await forward()).text();
      await node.signal("SIGKILL");
      isKilled = true;
      return undefined;
    };
    await submit(all.gateway, stock);
    await submit(all.gateway, submission("o-1", "order", "place", ORDER));
    await until(async () => isKilled, "it is killed", node);
    node.start();
    await until(async () => (await applied(all, "ship")).length === 1, "it is shipped", node);
    await until(
      async () => (await node.ask("/metrics")).text.includes("runner_outbox_depth 0"),
      "it is flushed",
    );
    expect(await applied(all, "charge")).toEqual(["acme/o-1"]);
    expect(await applied(all, "ship")).toEqual(["acme/o-1"]);
    expect(await applied(all, "refund")).toEqual([]);
  });

  it("answers an operator over HTTP, drains and starts as he says, and loads manifests anew", async () => {
    const { nodes, folder } = await ground(1);
    const [node] = nodes;
    if (node === undefined) throw new Error("one node");
    expect(await node.ask("/health")).toMatchObject({ status: 200 });
    expect(JSON.parse((await node.ask("/info")).text)).toMatchObject({
      mode: "combined",
      phase: "ready",
      sagas: ["fulfilment", "closing"],
      streams: { events: "AGGREGATE_EVENTS" },
    });
    const metrics = await node.ask("/metrics");
    expect(metrics.text).toMatch(/^# TYPE runner_outbox_depth gauge$/m);
    expect(await node.ask("/admin/drain")).toMatchObject({ status: 405 });
    expect(await node.ask("/nothing")).toMatchObject({ status: 404 });
    expect((await node.ask("/admin/reload", {})).status).toBe(200);
    const sagas = join(folder, "sagas.yaml");
    cpSync(join(folder, "effects.toml"), sagas);
    const refused = await node.ask("/admin/reload", {});
    expect(refused.status).toBe(422);
    expect(refused.text).toContain("sagas.yaml: this is no YAML");
    cpSync(join(DEPLOY, "sagas.yaml"), sagas);
    expect((await node.ask("/admin/drain", {})).status).toBe(202);
    await until(async () => (await node.ask("/info")).text.includes('"phase":"drained"'), "it is drained");
    expect((await node.ask("/ready")).status).toBe(503);
    expect((await node.ask("/health")).status).toBe(200);
    expect((await node.ask("/admin/start", {})).status).toBe(200);
    await node.ready();
  });

  it("ends by force when a drain is not over in time, and says so", async () => {
    const silent = createServer(() => undefined); // takes calls and never answers
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      silent.closeAllConnections();
      silent.close();
    });
    const address = silent.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const all = await ground(1, {
      RUNNER_SERVICE_PROVIDERS: `payments=${url},carrier=${url}`,
      RUNNER_DRAIN_TIMEOUT: "1000",
    });
    const [node] = all.nodes;
    if (node === undefined) throw new Error("one node");
    const called = new Promise((resolve) => silent.once("request", resolve));
    await submit(all.gateway, stock);
    await submit(all.gateway, submission("o-1", "order", "place", ORDER));
    await called;
    expect(await node.signal("SIGTERM"), node.text).toBe(1);
    expect(node.text).toContain("ended by force: what was under way comes again elsewhere");
  });

  it("says so when its address is taken", async () => {
    const { gateway, nodes } = await ground(1);
    const config = join(temporaryFolder(), "deploy");
    cpSync(DEPLOY, config, { recursive: true });
    const port = Number(new URL(gateway.url).port);
    const second = new Process("store", port, join(config, "runner.yaml"), {
      RUNNER_SERVICE_FOLDER: join(config, "data"),
    });
    second.start();
    await until(async () => second.text.includes("\n"), "it ends");
    expect(second.text).toContain(`service.listen: 127.0.0.1:${port} can't be used: something listens there`);
    expect(await second.signal("SIGTERM")).toBe(2);
    expect(nodes).toHaveLength(1);
  });
});
