/**
 * Uses async-mutex as its README says: a mutex that some wait for with a time-out, that is sometimes cancelled, and a semaphore with
 * weights and priorities.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { E_CANCELED, E_TIMEOUT, Mutex, type MutexInterface, Semaphore, withTimeout } from "async-mutex";
import { note } from "../note.js";
import { work } from "../work.js";

const PATIENCE_MS = Number(process.env.PATIENCE_MS ?? 700);
const PERMITS = 4;

const mutex = new Mutex();
const impatient = withTimeout(mutex, PATIENCE_MS);
const semaphore = new Semaphore(PERMITS);
const impatientSemaphore = withTimeout(semaphore, PATIENCE_MS);

const howOf = (error: unknown): string =>
  error === E_TIMEOUT ? "timed out" : error === E_CANCELED ? "cancelled" : "failed";

async function locker(id: string, lock: MutexInterface): Promise<void> {
  note("mutex-wait", { id });
  try {
    await lock.runExclusive(async () => {
      note("mutex-got", { id });
      const working = work().finally(() => note("mutex-done", { id }));
      if (process.env.FORGETS === "yes") working.catch(() => {});
      else await working;
    });
    note("mutex-settled", { id, how: "done" });
  } catch (error) {
    note("mutex-settled", { id, how: howOf(error) });
  }
}

async function holder(id: string): Promise<void> {
  const weight = 1 + Math.floor(3 * Math.random());
  const priority = Math.floor(3 * Math.random());
  const some = process.env.TIMED_SEMAPHORE === "yes" && Math.random() < 0.5 ? impatientSemaphore : semaphore;
  note("semaphore-wait", { id, weight, priority });
  try {
    await some.runExclusive(
      async () => {
        note("semaphore-got", { id, weight });
        await work().finally(() => note("semaphore-done", { id }));
      },
      weight,
      priority,
    );
  } catch (error) {
    note("semaphore-settled", { id, how: howOf(error) });
  }
}

for (let number = 1; ; number++) {
  const id = String(number);
  void locker(id, Math.random() < 0.5 ? impatient : mutex);
  void holder(id);
  if (Math.random() < 0.03) {
    note("mutex-cancel");
    mutex.cancel();
  }
  await sleep(Math.random() < 0.05 ? 3_000 : 500 * Math.random());
}
