/** Sends jobs: some of them urgent, some to be started later. A job counts as sent when `send()` has said so. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { note } from "../note.js";
import { QUEUE, SINGLE, started } from "./boss.js";

const LAST_MS = 14_000;

const boss = await started(false);
note("ready");
while (performance.now() < LAST_MS) {
  const id = randomUUID();
  const startAfter = Math.random() < 0.2 ? 3 : 0;
  const queue = Math.random() < 0.3 ? SINGLE : QUEUE;
  note("sending", { id, queue, startAfter });
  await boss.send(queue, { fails: Math.random() < 0.1 }, { id, startAfter }).then(
    (known) => note(known === null ? "not-sent" : "sent", { id, queue }),
    (error: Error) => note("not-sent", { id, queue, why: error.message }),
  );
  await sleep(900 * Math.random());
}
note("last");
