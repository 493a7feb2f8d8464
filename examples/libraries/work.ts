/** What tasks in these programs do: something that takes a while, sometimes long, and sometimes fails. */
import { setTimeout as sleep } from "node:timers/promises";

export async function work(): Promise<void> {
  const chance = Math.random();
  await sleep(chance < 0.05 ? 1_000 + 2_000 * Math.random() : 300 * Math.random());
  if (Math.random() < 0.1) throw new Error("the work failed");
}
