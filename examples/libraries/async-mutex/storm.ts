/** async-mutex 0.5: what its README promises of a mutex and a semaphore, in storms. */
import type { Property } from "seedstorm";
import { node } from "seedstorm/vitest";
import { noneLeft, take } from "../judges.js";
import { eachLife, MS, type Note, promise, type Storm, type Subject, short, storm } from "../promise.js";

const PERMITS = 4;
const WORKER = "worker";

const excludes = promise(
  "mutual-exclusion",
  "No two hold the mutex at the same time.",
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    let held: Note | undefined;
    return {
      on(note) {
        if (note.what === "mutex-got") {
          checked();
          if (held !== undefined)
            broken(`${note.text("id")} got the mutex, which ${held.text("id")} held.`, [held, note]);
          held = note;
        }
        if (note.what === "mutex-done" && held?.text("id") === note.text("id")) held = undefined;
      },
    };
  }),
);

const refusedGetNothing = promise(
  "who-was-refused-gets-nothing",
  "Who timed out or was cancelled while waiting for the mutex is not given it afterwards.",
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    const refused = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        const isRefusal = note.text("how") === "timed out" || note.text("how") === "cancelled";
        if (note.what === "mutex-settled" && isRefusal) refused.set(id, note);
        if (note.what !== "mutex-got") return;
        checked();
        const before = refused.get(id);
        if (before !== undefined)
          broken(`${id} was told that it ${before.text("how")}, and then got the mutex.`, [before, note]);
      },
    };
  }),
);

const cancels = promise(
  "cancel-rejects-all",
  "Cancelling rejects all that wait for the mutex, and nobody else.",
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    let cancelled: { readonly note: Note; readonly who: Map<string, Note> } | undefined;
    const judge = (now: number): void => {
      if (cancelled === undefined || now === cancelled.note.at) return; // rejections come in the same instant
      checked();
      for (const [id, note] of cancelled.who)
        broken(`${id} waited, and was not rejected when the mutex was cancelled.`, [note, cancelled.note]);
      cancelled = undefined;
    };
    return {
      on(note) {
        judge(note.at);
        const id = note.text("id");
        if (note.what === "mutex-wait") waiting.set(id, note);
        if (note.what === "mutex-got" || note.what === "mutex-settled") waiting.delete(id);
        if (note.what === "mutex-got") cancelled?.who.delete(id); // it was its turn in the same instant
        if (note.what === "mutex-cancel") cancelled = { note, who: new Map(waiting) };
        if (note.what !== "mutex-settled") return;
        if (note.text("how") === "cancelled" && !cancelled?.who.has(id))
          broken(`${id} was rejected as cancelled, and nobody had cancelled.`, [note]);
        cancelled?.who.delete(id);
      },
    };
  }),
);

const permits = promise(
  "permits",
  `The weights of those that hold the semaphore add up to no more than ${PERMITS}.`,
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    const holding = new Map<string, Note>();
    return {
      on(note) {
        if (note.what === "semaphore-done") holding.delete(note.text("id"));
        if (note.what !== "semaphore-got") return;
        holding.set(note.text("id"), note);
        const held = [...holding.values()].reduce((sum, one) => sum + one.number("weight"), 0);
        checked();
        if (held > PERMITS) broken(`Those that hold it weigh ${held}.`, [...holding.values()]);
      },
    };
  }),
);

const priorities = promise(
  "priority",
  "Of those that wait for the semaphore, the one with the greatest priority gets it first, and of equals the one that came first.",
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "semaphore-wait") waiting.set(id, note);
        if (note.what === "semaphore-settled") waiting.delete(id);
        const chosen = note.what === "semaphore-got" ? take(waiting, id) : undefined;
        if (chosen === undefined) return;
        checked();
        for (const other of waiting.values()) {
          const before = other.number("priority") - chosen.number("priority");
          const came = other.event.id - chosen.event.id;
          const first = (before > 0 && other.at < note.at) || (before === 0 && came < 0);
          if (first) broken(`${id} got the semaphore before ${other.text("id")}.`, [other, chosen, note]);
        }
      },
    };
  }),
);

/** Longer than what is done in one instant. */
const SOON_MS = 1;

const soon = promise(
  "acquired-as-soon-as-available",
  "Who is the next of those that wait gets the semaphore as soon as its weight is available.",
  "always",
  WORKER,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    const holding = new Map<string, Note>();
    /** Since when the next could have had it. */
    let could: { readonly next: Note; readonly since: Note } | undefined;
    const next = (): Note | undefined =>
      [...waiting.values()].reduce<Note | undefined>(
        (best, one) => (best === undefined || one.number("priority") > best.number("priority") ? one : best),
        undefined,
      );
    return {
      on(note) {
        if (could !== undefined && note.at - could.since.at >= SOON_MS * MS) {
          const weight = could.next.text("weight");
          broken(
            `${could.next.text("id")} is the next and waits for ${weight}, which has been free since ${could.since.at / MS} ms.`,
            [could.next, could.since, note],
          );
          could = undefined;
        }
        const id = note.text("id");
        if (note.what === "semaphore-wait") waiting.set(id, note);
        if (note.what === "semaphore-got" || note.what === "semaphore-settled") waiting.delete(id);
        if (note.what === "semaphore-got") holding.set(id, note);
        if (note.what === "semaphore-done") holding.delete(id);
        const free = [...holding.values()].reduce((left, one) => left - one.number("weight"), PERMITS);
        const first = next();
        checked();
        const fits = first !== undefined && first.number("weight") <= free;
        if (!fits) could = undefined;
        else if (could?.next !== first) could = { next: first, since: note };
      },
    };
  }),
);

const PATIENCE_MS = 15_000;

const everybody = promise(
  "everybody-has-a-turn",
  "Whoever waits for the mutex gets it, is cancelled or times out.",
  "eventually",
  WORKER,
  noneLeft(PATIENCE_MS, "mutex-wait", "mutex-settled", (id) => `${id} still waits.`),
);

function uses(properties: readonly Property[], env: Readonly<Record<string, string>> = {}): Storm {
  return storm({
    hosts: { worker: node(new URL("worker.ts", import.meta.url), { env }) },
    storm: ["crash", "pause", "clock"],
    runs: 100,
    properties,
  });
}

const promises = [excludes, refusedGetNothing, cancels, permits, priorities, soon, everybody];

export const asyncMutex: Subject = {
  library: "async-mutex",
  sound: { "mutex and semaphore keep their promises": uses(promises) },
  mistakes: {
    "the program does not wait for what it does under the mutex": {
      ...short(uses([excludes], { FORGETS: "yes" })),
      noticedBy: excludes.id,
    },
  },
  found: {
    "who timed out stays in the way of those behind": {
      ...uses([soon], { TIMED_SEMAPHORE: "yes" }),
      contradicts: soon.id,
    },
  },
};
