/**
 * Asks for prices through a breaker of opossum, as its README says; fifteen customers a second ask. With `STATE` it keeps the breaker's
 * state in a file and starts from it, as "Breaker State Initialization" describes.
 */
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import CircuitBreaker from "opossum";
import { note } from "../note.js";

const TIMEOUT_MS = Number(process.env.TIMEOUT_MS ?? 1_500);
const RESET_MS = Number(process.env.RESET_MS ?? 3_000);
const { STATE } = process.env;

async function price(id: number): Promise<number> {
  note("called", { id });
  const cancels = process.env.CANCELS !== "no";
  const response = await fetch(
    "http://backend:8080/price",
    cancels ? { signal: AbortSignal.timeout(TIMEOUT_MS) } : {},
  );
  const text = await response.text();
  if (!response.ok) throw new Error(`the backend answered ${response.status}`);
  return Number(text);
}

async function called(id: number): Promise<number> {
  try {
    const result = await price(id);
    note("returned", { id, ok: true });
    return result;
  } catch (error) {
    note("returned", { id, ok: false });
    throw error;
  }
}

const saved = STATE !== undefined && existsSync(STATE) ? JSON.parse(readFileSync(STATE, "utf8")) : {};
const breaker = new CircuitBreaker(called, {
  timeout: TIMEOUT_MS,
  resetTimeout: RESET_MS,
  errorThresholdPercentage: 50,
  volumeThreshold: 5,
  rollingCountTimeout: 5_000,
  rollingCountBuckets: 5,
  capacity: 6,
  ...saved,
});

/** Replaces the file at once: after a crash it is the old one or the new one. */
function save(): void {
  if (STATE === undefined) return;
  const file = openSync(`${STATE}.new`, "w");
  writeSync(file, JSON.stringify({ state: breaker.toJSON().state }));
  fsyncSync(file);
  closeSync(file);
  renameSync(`${STATE}.new`, STATE);
  const folder = openSync(dirname(STATE), "r");
  fsyncSync(folder); // so that the new name lasts, too
  closeSync(folder);
}

function changed(state: string): void {
  save();
  note(state);
}
breaker.on("open", () => changed("open"));
breaker.on("halfOpen", () => changed("halfOpen"));
breaker.on("close", () => changed("close"));

async function customer(first: number): Promise<never> {
  for (let id = first; ; id += CUSTOMERS) {
    await sleep(200 + 600 * Math.random());
    note("fired", { id });
    // A mistake, for the negative control: whoever is refused asks the backend directly.
    const answer = breaker
      .fire(id)
      .catch((error) => (process.env.BYPASS === "yes" ? called(id) : Promise.reject(error)));
    await answer.then(
      () => note("answered", { id, how: "ok" }),
      (error: Error & { code?: string }) => note("answered", { id, how: error.code ?? "error" }),
    );
  }
}

const CUSTOMERS = 8;
for (let one = 0; one < CUSTOMERS; one++) void customer(one);
