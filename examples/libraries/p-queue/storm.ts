/** p-queue 10: what its README promises of a queue, in storms. */
import type { Property } from "seedstorm";
import { node } from "seedstorm/vitest";
import { atMost, nextOfSame, noneLeft, take } from "../judges.js";
import { eachLife, type Note, promise, type Storm, type Subject, short, storm } from "../promise.js";

const CONCURRENCY = 4;
const CAP = 6;
const INTERVAL_MS = 1_000;
const TIMEOUT_MS = 2_000;
/** `Date.now()` is in whole milliseconds. */
const ROUNDING_MS = 1;
const CALLER = "caller";

const concurrency = promise(
  "concurrency",
  `No more than ${CONCURRENCY} tasks run at the same time.`,
  "always",
  CALLER,
  atMost(CONCURRENCY, "started", "ended", (count) => `${count} tasks run.`),
);

const slidingWindow = promise(
  "sliding-window",
  `In strict mode no more than ${CAP} tasks start in any period of ${INTERVAL_MS} ms.`,
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    let starts: Note[] = [];
    return {
      on(note) {
        if (note.what !== "started") return;
        starts = starts.filter((start) => note.since(start) < INTERVAL_MS - ROUNDING_MS);
        starts.push(note);
        checked();
        if (starts.length > CAP) broken(`${starts.length} tasks started within ${INTERVAL_MS} ms.`, starts);
      },
    };
  }),
);

const priorities = promise(
  "priority",
  "Tasks with a higher priority start first, and those of the same priority in the order in which they were added.",
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "added") waiting.set(id, note);
        if (note.what === "settled" || note.what === "cancelled") waiting.delete(id);
        const chosen = note.what === "started" ? take(waiting, id) : undefined;
        if (chosen === undefined) return;
        checked();
        for (const other of waiting.values()) {
          const before = other.number("priority") - chosen.number("priority");
          const first = before > 0 || (before === 0 && other.event.id < chosen.event.id);
          if (first)
            broken(`Task ${id} was started while task ${other.text("id")}, which comes before it, waited.`, [
              other,
              chosen,
              note,
            ]);
        }
      },
    };
  }),
);

const cancels = promise(
  "cancelled-tasks-do-not-start",
  "A task whose signal aborted while it waited does not start, and its promise rejects.",
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    const started = new Set<string>();
    const cancelled = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "cancelled" && !started.has(id)) cancelled.set(id, note);
        const before = cancelled.get(id);
        if (note.what === "started") started.add(id);
        if (note.what === "started" && before !== undefined) {
          checked();
          broken(`Task ${id} was cancelled while it waited, and started.`, [before, note]);
        }
        if (note.what === "settled" && before !== undefined) {
          checked();
          if (note.text("how") === "done")
            broken(`Task ${id} was cancelled while it waited, and is done.`, [before, note]);
        }
      },
    };
  }),
);

const timesOut = promise(
  "timeout",
  `A task is settled at the latest ${TIMEOUT_MS} ms after it started.`,
  "always",
  CALLER,
  eachLife(
    nextOfSame(
      (note) => note.what === "started",
      "settled",
      (start, note, broken) => {
        const took = note.since(start);
        if (took > TIMEOUT_MS) broken(`Task ${note.text("id")} was settled after ${took} ms.`);
      },
    ),
  ),
);

const idles = promise(
  "idle",
  "The queue is idle only when nothing waits and nothing runs.",
  "always",
  CALLER,
  ({ checked, broken }) => ({
    on(note) {
      if (note.what !== "idle") return;
      checked();
      if (note.number("size") + note.number("pending") > 0)
        broken(`It was idle with ${note.text("size")} waiting and ${note.text("pending")} running.`, [note]);
    },
  }),
);

const pauses = promise(
  "pause",
  "While the queue is paused, no task starts.",
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    let paused: Note[] = [];
    return {
      on(note) {
        if (note.what === "paused") paused.push(note);
        if (note.what === "resumed") paused = [];
        if (note.what !== "started") return;
        checked();
        const [first] = paused;
        if (first !== undefined)
          broken(`Task ${note.text("id")} started while the queue was paused.`, [first, note]);
      },
    };
  }),
);

/** More could be done than is added. */
const PATIENCE_MS = 15_000;

const everyTask = promise(
  "every-task-settles",
  "The promise of every task that was added settles.",
  "eventually",
  CALLER,
  noneLeft(
    PATIENCE_MS,
    "added",
    "settled",
    (id) => `Task ${id} was added and is not settled ${PATIENCE_MS} ms later.`,
  ),
);

function uses(properties: readonly Property[], env: Readonly<Record<string, string>> = {}): Storm {
  return storm({
    hosts: { caller: node(new URL("caller.ts", import.meta.url), { env }) },
    storm: ["crash"],
    runs: 100,
    properties,
  });
}

export const pQueue: Subject = {
  library: "p-queue",
  sound: {
    "the queue keeps its promises": uses([
      concurrency,
      slidingWindow,
      priorities,
      cancels,
      timesOut,
      idles,
      pauses,
      everyTask,
    ]),
  },
  mistakes: {
    "the program takes fixed windows for sliding ones": {
      ...short(uses([slidingWindow], { STRICT: "no" })),
      noticedBy: slidingWindow.id,
    },
    "the program allows more at a time": {
      ...short(uses([concurrency], { CONCURRENCY: "8" })),
      noticedBy: concurrency.id,
    },
  },
  found: {},
};
