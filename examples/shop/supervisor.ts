/**
 * Runs the shop on this machine: each program in a process of its own, started again when it ends, after 0.1 s, then 0.2 s, and so
 * on up to 5 s. `SIGINT` or `SIGTERM` ends them all. In a storm each host has a supervisor of this kind.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const FIRST_BACK_OFF_MS = 100;
const LONGEST_BACK_OFF_MS = 5_000;
/** A program that lasted so long has come up: the next back-off is the first one again. */
const CAME_UP_MS = 10_000;
const HOST = "127.0.0.1";

/** The folder of the shop: this file has been compiled into one in it. */
const cwd = fileURLToPath(new URL("..", import.meta.url));
const { DATABASE_URL, DB_PORT = "5433", LEDGER_PORT = "8081", PORT = "8080" } = process.env;
const data = resolve(process.env.DATA ?? join(cwd, "build", "data"));
const databaseUrl = DATABASE_URL ?? `postgres://postgres@${HOST}:${DB_PORT}/postgres`;
const ledgerUrl = `http://${HOST}:${LEDGER_PORT}`;

const running = new Map<string, ChildProcess>();
let isEnding = false;

function keepRunning(name: string, env: Readonly<Record<string, string>>, backOff = FIRST_BACK_OFF_MS): void {
  if (isEnding) return;
  const file = fileURLToPath(new URL(`${name}.js`, import.meta.url));
  const child = spawn(process.execPath, ["--enable-source-maps", file], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const startedAt = Date.now();
  running.set(name, child);
  console.log(`${name}: started, process ${child.pid}`);
  child.once("exit", (code, signal) => {
    running.delete(name);
    if (isEnding) return;
    const delay = Date.now() - startedAt >= CAME_UP_MS ? FIRST_BACK_OFF_MS : backOff;
    console.log(`${name}: ended ${signal === null ? `with code ${code}` : `by ${signal}`}`);
    setTimeout(() => keepRunning(name, env, Math.min(2 * delay, LONGEST_BACK_OFF_MS)), delay);
  });
}

mkdirSync(data, { recursive: true });
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    isEnding = true;
    for (const child of running.values()) child.kill();
  });
}

if (DATABASE_URL === undefined) keepRunning("db", { PORT: DB_PORT, FOLDER: join(data, "postgres") });
keepRunning("ledger", { HOST, PORT: LEDGER_PORT, JOURNAL: join(data, "ledger.jsonl") });
keepRunning("orders", { HOST, PORT, LEDGER: ledgerUrl, DATABASE_URL: databaseUrl });
keepRunning("relay", { LEDGER: ledgerUrl, DATABASE_URL: databaseUrl });
