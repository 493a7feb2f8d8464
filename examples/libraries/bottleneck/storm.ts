/** bottleneck 2.19: what its README promises of a limiter, in storms. */
import type { Property } from "seedstorm";
import { node } from "seedstorm/vitest";
import { atMost, nextOfSame, noneLeft, take } from "../judges.js";
import { eachLife, MS, type Note, promise, type Storm, type Subject, short, storm } from "../promise.js";

const MAX_CONCURRENT = 3;
const MIN_TIME_MS = 100;
const RESERVOIR = 20;
const REFRESH_MS = 2_500;
const CALLER = "caller";
/** Clocks are read, and timers set, in whole milliseconds. */
const ROUNDING_MS = 2;

const maxConcurrent = promise(
  "max-concurrent",
  `No more than ${MAX_CONCURRENT} jobs are executing at the same time.`,
  "always",
  CALLER,
  atMost(MAX_CONCURRENT, "started", "ended", (count) => `${count} jobs are executing.`),
);

const minTime = promise(
  "min-time",
  `After launching a job it waits ${MIN_TIME_MS} ms before it launches another one.`,
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    let last: Note | undefined;
    /** A retry is no launch: it comes when the listener for failures said. */
    const failed = new Set<string>();
    return {
      on(note) {
        if (note.what === "failed") failed.add(note.text("id"));
        if (note.what !== "started" || failed.has(note.text("id"))) return;
        const gap = last === undefined ? Number.POSITIVE_INFINITY : note.since(last);
        checked();
        if (last !== undefined && gap < MIN_TIME_MS - ROUNDING_MS) {
          broken(`Job ${note.text("id")} was launched ${gap} ms after job ${last.text("id")}.`, [last, note]);
        }
        last = note;
      },
    };
  }),
);

const reservoir = promise(
  "reservoir",
  `No more than ${RESERVOIR} jobs are launched for each ${REFRESH_MS} ms that have begun since the limiter was created.`,
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    let created: Note | undefined;
    let launched = 0;
    const failed = new Set<string>();
    return {
      on(note) {
        if (note.what === "created") created = note;
        if (note.what === "failed") failed.add(note.text("id"));
        if (note.what !== "started" || created === undefined || failed.has(note.text("id"))) return;
        launched += 1;
        const granted = RESERVOIR * (1 + Math.floor((note.since(created) + ROUNDING_MS) / REFRESH_MS));
        checked();
        if (launched > granted)
          broken(`${launched} jobs were launched, and ${granted} were granted.`, [created, note]);
      },
    };
  }),
);

const priorities = promise(
  "priority",
  "Of the queued jobs those with the lowest number for their priority are run first.",
  "always",
  CALLER,
  eachLife(({ checked, broken }) => {
    const queued = new Map<string, Note>();
    return {
      on(note) {
        if (note.what === "queued") queued.set(note.text("id"), note);
        const chosen = note.what === "scheduled" ? take(queued, note.text("id")) : undefined;
        if (chosen === undefined) return;
        checked();
        for (const other of queued.values()) {
          const waits = note.at - other.at > ROUNDING_MS * MS; // queued before the choice began
          if (waits && other.number("priority") < chosen.number("priority"))
            broken(`Job ${chosen.text("id")} was run while the more urgent job ${other.text("id")} waited.`, [
              other,
              note,
            ]);
        }
      },
    };
  }),
);

const retries = promise(
  "retry",
  "A job that failed is run again after as many milliseconds as the listener returned, and no more often.",
  "always",
  CALLER,
  eachLife(
    nextOfSame(
      (note) => note.what === "failed" && note.number("retries") === 0,
      "started",
      (failed, note, broken) => {
        const after = note.since(failed);
        if (after < 25) broken(`Job ${note.text("id")} was run again after ${after} ms, not 25.`);
      },
    ),
  ),
);

/** About twice as many jobs could be done as are submitted. */
const PATIENCE_MS = 15_000;

const everyJob = promise(
  "every-job-is-done",
  "Every job that was scheduled is executed, and its promise settles.",
  "eventually",
  CALLER,
  noneLeft(
    PATIENCE_MS,
    "submitted",
    "settled",
    (id) => `Job ${id} was submitted and is not done ${PATIENCE_MS} ms later.`,
  ),
);

function uses(
  kinds: Storm["options"]["storm"],
  properties: readonly Property[],
  env: Readonly<Record<string, string>> = {},
): Storm {
  return storm({
    hosts: { caller: node(new URL("caller.ts", import.meta.url), { env }) },
    ...(kinds === undefined ? {} : { storm: kinds }),
    runs: 100,
    properties,
  });
}

export const bottleneck: Subject = {
  library: "bottleneck",
  sound: {
    "the limiter keeps its promises when processes crash": uses(
      ["crash"],
      [maxConcurrent, minTime, reservoir, priorities, retries, everyJob],
    ),
    "all of them but one when processes are paused": uses(
      ["crash", "pause"],
      [maxConcurrent, reservoir, priorities, retries, everyJob],
    ),
  },
  mistakes: {
    "the program allows more at a time": {
      ...short(uses([], [maxConcurrent], { MAX_CONCURRENT: "5" })),
      noticedBy: maxConcurrent.id,
    },
  },
  found: {
    "a process that was held up launches jobs all at once": {
      ...uses(["pause"], [minTime]),
      contradicts: minTime.id,
    },
  },
};
