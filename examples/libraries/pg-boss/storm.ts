/** pg-boss 12 on Postgres: what its documentation promises of jobs, queues and workers, in storms. */
import { getConstructionPlans } from "pg-boss";
import type { Property } from "seedstorm";
import { node, postgres, type StormKind } from "seedstorm/vitest";
import { nextOfSame } from "../judges.js";
import { type Note, promise, type Storm, type Subject, storm } from "../promise.js";

const RETRY_LIMIT = 2;
const SINGLE_RETRY_LIMIT = 5;
const RETRY_DELAY_MS = 1_000;
const EXPIRE_MS = 10_000;
const SINGLE = "reports";
const WORKERS = ["worker-a", "worker-b"];
const ALL = ["producer", ...WORKERS];

/** Milliseconds between the claims of two notes: a job may be active for `EXPIRE_MS` after each. */
const apart = (a: Note, b: Note): number => Math.abs(a.number("claimed") - b.number("claimed"));

const retryLimitOf = (note: Note): number =>
  note.text("queue") === SINGLE ? SINGLE_RETRY_LIMIT : RETRY_LIMIT;

const atLeastOnce = promise(
  "sent-jobs-are-done",
  "A job that was sent is done, or is tried as often as its retry limit says and then moved to the queue of the dead.",
  "eventually",
  ALL,
  ({ checked, broken }) => {
    const sent = new Map<string, Note>();
    const over = new Set<string>();
    const tries = new Map<string, number>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "sent" && !over.has(id)) sent.set(id, note);
        if (note.what === "began") tries.set(id, (tries.get(id) ?? 0) + 1);
        if (note.what === "done" || note.what === "dead") {
          checked();
          over.add(id); // it may be done before the answer to its sender has arrived
          sent.delete(id);
        }
      },
      end() {
        for (const [id, note] of sent) {
          broken(`Job ${id} was sent, and is not done after ${tries.get(id) ?? 0} tries.`, [note]);
        }
      },
    };
  },
);

const retryLimit = promise(
  "retry-limit",
  "A job is tried no more often than once and as many times again as its retry limit says.",
  "always",
  WORKERS,
  ({ checked, broken }) => {
    const tries = new Map<string, Note[]>();
    return {
      on(note) {
        if (note.what !== "began") return;
        const made = [...(tries.get(note.text("id")) ?? []), note];
        tries.set(note.text("id"), made);
        checked();
        if (made.length > 1 + retryLimitOf(note))
          broken(`Job ${note.text("id")} was tried ${made.length} times.`, made);
      },
    };
  },
);

const retryDelay = promise(
  "retry-delay",
  `A job that failed is tried again ${RETRY_DELAY_MS} ms later, or later than that.`,
  "always",
  WORKERS,
  nextOfSame(
    (note) => note.what === "failed" && note.text("queue") !== SINGLE,
    "began",
    (failed, note, broken) => {
      const after = note.since(failed);
      if (after < RETRY_DELAY_MS)
        broken(`Job ${note.text("id")} was tried again ${after} ms after it had failed.`);
    },
  ),
);

const oneAtATime = promise(
  "one-worker-at-a-time",
  "A job is worked on by one worker at a time, unless it was active for longer than it may be.",
  "always",
  WORKERS,
  ({ checked, broken }) => {
    const active = new Map<string, Note>();
    return {
      restarted(host) {
        for (const [id, note] of active) if (note.host === host) active.delete(id);
      },
      on(note) {
        const id = note.text("id");
        if (note.what === "done" || note.what === "failed") active.delete(id);
        if (note.what !== "began") return;
        const other = active.get(id);
        checked();
        if (other !== undefined && apart(note, other) < EXPIRE_MS)
          broken(`Job ${id} is worked on by ${other.host} and by ${note.host}.`, [other, note]);
        active.set(id, note);
      },
    };
  },
);

const singleton = promise(
  "singleton-policy",
  "Of a queue with the policy singleton, one job is active at a time.",
  "always",
  WORKERS,
  ({ checked, broken }) => {
    let active: Note | undefined;
    return {
      on(note) {
        if (note.text("queue") !== SINGLE) return;
        if ((note.what === "done" || note.what === "failed") && active?.text("id") === note.text("id"))
          active = undefined;
        if (note.what !== "began") return;
        checked();
        const other = active;
        if (other !== undefined && other.text("id") !== note.text("id") && apart(note, other) < EXPIRE_MS)
          broken(`Job ${note.text("id")} became active while job ${other.text("id")} was.`, [other, note]);
        active = note;
      },
    };
  },
);

const deferred = promise(
  "start-after",
  "A job is not started before its time.",
  "always",
  ALL,
  nextOfSame(
    (note) => note.what === "sending",
    "began",
    (sent, note, broken) => {
      const after = note.since(sent);
      if (after < 1_000 * sent.number("startAfter"))
        broken(
          `Job ${note.text("id")} was started after ${after} ms, not after ${sent.text("startAfter")} s.`,
        );
    },
  ),
);

const doneStays = promise(
  "done-is-done",
  "A job that was done, with a database that stayed in reach, is not worked on again.",
  "always",
  WORKERS,
  ({ checked, broken }) => {
    const done = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "done") done.set(id, note);
        const before = note.what === "began" ? done.get(id) : undefined;
        checked();
        if (before !== undefined)
          broken(`Job ${id} was done on ${before.host}, and ${note.host} begins it again.`, [before, note]);
      },
    };
  },
);

function jobs(
  kinds: readonly StormKind[],
  properties: readonly Property[],
  targets = ["db", ...ALL],
  env: Readonly<Record<string, string>> = {},
): Storm {
  const here = (file: string): URL => new URL(file, import.meta.url);
  return storm(
    {
      hosts: {
        db: postgres({ schema: getConstructionPlans() }),
        producer: node(here("producer.ts")),
        "worker-a": node(here("worker.ts"), { env }),
        "worker-b": node(here("worker.ts"), { env }),
      },
      targets,
      storm: kinds,
      runs: 100,
      properties,
    },
    { stormSeconds: 12, quietSeconds: 48 },
  );
}

export const pgBoss: Subject = {
  library: "pg-boss",
  isSlow: true,
  sound: {
    "jobs are done when hosts crash and networks fail": jobs(
      ["crash", "loss", "partition", "pause"],
      [atLeastOnce, retryLimit, retryDelay, oneAtATime, singleton, deferred],
    ),
    "done jobs stay done when workers crash": jobs(["crash"], [atLeastOnce, doneStays], WORKERS),
  },
  mistakes: {
    "the handler does not pass its failures on": {
      ...jobs([], [atLeastOnce], [], { SWALLOWS: "yes" }),
      noticedBy: atLeastOnce.id,
    },
  },
  found: {},
};
