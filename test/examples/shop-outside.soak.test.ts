/** The programs of the shop, unchanged, in real processes: `npm start`, on loopback, with its Postgres and its supervisor. It needs `npm run build`. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const SHOP = fileURLToPath(new URL("../../examples/shop/", import.meta.url));
const TIMEOUT = 240_000;
const data = mkdtempSync(join(tmpdir(), "shop-outside-"));

let npm: ChildProcess;
let output = "";
let orders: string;
let ledger: string;

/** All open at once, so that they differ. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as AddressInfo).port); // they listen on ports
  await Promise.all(servers.map((server) => new Promise((closed) => server.close(closed))));
  return ports;
}

/** Tries until there is something. */
async function eventually<T>(attempt: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (npm.exitCode !== null) throw new Error(`npm start has ended:\n${output}`);
    await sleep(100);
  }
}

const processesOf = (program: string): number[] =>
  [...output.matchAll(new RegExp(`^${program}: started, process (\\d+)$`, "gm"))].map(([, id]) => Number(id));

const order = (id: string, voucher?: string): Promise<number> =>
  eventually(async () => {
    const answer = await fetch(`${orders}/orders`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id, customer: "ann", cents: 1_000, voucher }),
    }).catch(() => undefined);
    return answer === undefined || answer.status >= 500 ? undefined : answer.status;
  });

const booked = async (): Promise<string[]> => {
  const answer = await fetch(`${ledger}/entries`).catch(() => undefined);
  return answer === undefined ? [] : ((await answer.json()) as { id: string }[]).map(({ id }) => id);
};

const isBooked = (id: string): Promise<true> =>
  eventually(async () => ((await booked()).includes(id) ? true : undefined));

/** Kills a program; comes back when it was started again. */
async function kill(program: string): Promise<void> {
  const before = processesOf(program);
  process.kill(before.at(-1) ?? Number.NaN, "SIGKILL");
  await eventually(() => (processesOf(program).length > before.length ? true : undefined));
}

beforeAll(async () => {
  const [PORT, LEDGER_PORT, DB_PORT] = await freePorts(3);
  orders = `http://127.0.0.1:${PORT}`;
  ledger = `http://127.0.0.1:${LEDGER_PORT}`;
  const { PATH, HOME } = process.env;
  const ports = { PORT: `${PORT}`, LEDGER_PORT: `${LEDGER_PORT}`, DB_PORT: `${DB_PORT}` };
  // A group of its own: a signal reaches whatever npm puts between itself and the supervisor.
  npm = spawn("npm", ["start"], { cwd: SHOP, detached: true, env: { PATH, HOME, DATA: data, ...ports } });
  for (const stream of [npm.stdout, npm.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
}, TIMEOUT);

/** Comes back when nobody holds its output any more: neither npm nor a program. */
async function end(): Promise<void> {
  if (npm.pid === undefined || npm.exitCode !== null || npm.signalCode !== null) return;
  const closed = once(npm, "close");
  process.kill(-npm.pid, "SIGTERM");
  await closed;
}

afterAll(async () => {
  await end();
  rmSync(data, { recursive: true });
}, TIMEOUT);

describe("the shop under real Node", { timeout: TIMEOUT }, () => {
  it("places an order once, tells the ledger, and refuses a voucher that was used", async () => {
    const id = randomUUID();
    expect(await order(id, "voucher-1")).toBe(201);
    await isBooked(id);
    expect(await order(randomUUID(), "voucher-1")).toBe(409);
    expect(await order(id, "voucher-1")).toBe(201);
    expect((await booked()).filter((each) => each === id)).toHaveLength(1);
  });

  it.each(["orders", "db", "ledger", "relay"])(
    "goes on when %s is killed, and keeps what it had",
    async (program) => {
      const before = randomUUID();
      expect(await order(before)).toBe(201);
      await isBooked(before);
      await kill(program);
      const after = randomUUID();
      expect(await order(after)).toBe(201);
      await isBooked(after);
      expect(await booked()).toContain(before);
    },
  );

  it("ends all of its processes when it is told to", async () => {
    await end();
    for (const program of ["db", "ledger", "orders", "relay"])
      expect(() => process.kill(processesOf(program).at(-1) ?? Number.NaN, 0)).toThrow("ESRCH");
  });
});
