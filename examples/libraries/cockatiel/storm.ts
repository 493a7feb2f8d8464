/** cockatiel 4: what its readme promises of a breaker with retries and time-outs, and of a bulkhead, in storms. */
import type { Property } from "seedstorm";
import { node, type StormKind } from "seedstorm/vitest";
import { askBackend, noCallWhileOpen, oneCallInHalfOpen } from "../breaker.js";
import { atMost, noneLeft, take, takeLate } from "../judges.js";
import { eachLife, type Note, promise, type Storm, type Subject, short, storm } from "../promise.js";

const TIMEOUT_MS = 1_500;
const HALF_OPEN_MS = 3_000;
const RETRIES = 2;
const BACKOFF_MS = 200;
/** Of the SamplingBreaker: its duration with the window that is being filled, and the calls that it needs at least. */
const SAMPLED_MS = 6_000;
const SAMPLED_CALLS = 10;
const GATEWAY = "gateway";
const PAGES = "pages";

const openRejects = promise(
  "no-call-while-open",
  "While the circuit is open, the function is not called.",
  "always",
  GATEWAY,
  noCallWhileOpen((id) => `Call ${id} was made while the circuit was open.`),
);

const oneTrial = promise(
  "one-trial-in-half-open",
  "While the circuit is half open, one trial call is made.",
  "always",
  GATEWAY,
  oneCallInHalfOpen("Two calls were made in one half-open state."),
);

const trialDecides = promise(
  "the-trial-decides",
  "A half-open circuit closes or opens by its trial call, and not by one that was made before it opened.",
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    let halfOpen: Note | undefined;
    let trial: Note | undefined;
    let isTrialOver = false;
    return {
      on(note) {
        if (note.what === "halfOpen") {
          halfOpen = note;
          trial = undefined;
          isTrialOver = false;
        }
        if (note.what === "called" && halfOpen !== undefined) trial ??= note;
        if (note.what === "returned" && note.text("id") === trial?.text("id")) isTrialOver = true;
        if ((note.what !== "open" && note.what !== "close") || halfOpen === undefined) return;
        checked();
        const isTimeOut = trial !== undefined && note.since(trial) >= TIMEOUT_MS;
        if (!isTrialOver && !isTimeOut)
          broken(
            `The circuit is ${note.what === "open" ? "open" : "closed"} again, and its trial call has not ended.`,
            [halfOpen, note],
          );
        halfOpen = undefined;
      },
    };
  }),
);

const letsThrough = promise(
  "half-open-after",
  `When the circuit has been open for ${HALF_OPEN_MS} ms, the next call is let through, and not earlier.`,
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    let opened: Note | undefined;
    const fires = new Map<string, Note>();
    return {
      on(note) {
        if (note.what === "fired") fires.set(note.text("fire"), note);
        if (note.what === "halfOpen" && opened !== undefined) {
          checked();
          const after = note.since(opened);
          if (after < HALF_OPEN_MS - 1) broken(`It was half open after ${after} ms.`, [opened, note]);
        }
        if (note.what === "open") opened = note;
        if (note.what === "halfOpen" || note.what === "close") opened = undefined;
        if (note.what !== "answered" || note.text("how") !== "BrokenCircuitError") return;
        const fire = fires.get(note.text("fire"));
        if (fire === undefined || opened === undefined) return;
        checked();
        const after = fire.since(opened);
        if (after > HALF_OPEN_MS)
          broken(`${after} ms after it had opened, call ${note.text("fire")} was refused.`, [
            opened,
            fire,
            note,
          ]);
      },
    };
  }),
);

const retries = promise(
  "retries",
  `A call is tried again ${RETRIES} times at most.`,
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    const calls = new Map<string, Note[]>();
    return {
      on(note) {
        if (note.what === "answered") calls.delete(note.text("fire"));
        if (note.what !== "called") return;
        const made = [...(calls.get(note.text("fire")) ?? []), note];
        calls.set(note.text("fire"), made);
        checked();
        if (made.length > 1 + RETRIES)
          broken(`Call ${note.text("fire")} was made ${made.length} times.`, made);
      },
    };
  }),
);

/** Three attempts, each of which may wait for a trial call, and the pauses between them. */
const LONGEST_MS = (1 + RETRIES) * 2 * TIMEOUT_MS + RETRIES * BACKOFF_MS;

const answers = promise(
  "answered-in-time",
  "Every call is answered when its attempts have timed out, at the latest.",
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    const late = (now: number): void => {
      for (const [id, fired] of takeLate(waiting, LONGEST_MS, now))
        broken(`Call ${id} was not answered within ${LONGEST_MS} ms.`, [fired]);
    };
    return {
      on(note) {
        late(note.at);
        if (note.what === "fired") waiting.set(note.text("fire"), note);
        if (note.what === "answered" && waiting.delete(note.text("fire"))) checked();
      },
      end: late,
    };
  }),
);

const sampled = promise(
  "sampled-over-the-duration",
  `A closed circuit opens only if there were ${SAMPLED_CALLS} calls within the duration of its sampling breaker.`,
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    let ended: Note[] = [];
    let isHalfOpen = false;
    return {
      on(note) {
        if (note.what === "returned") ended.push(note);
        if (note.what === "open" && !isHalfOpen) {
          ended = ended.filter((call) => note.since(call) <= SAMPLED_MS);
          checked();
          if (ended.length < SAMPLED_CALLS)
            broken(`It opened, and in the last ${SAMPLED_MS} ms there were ${ended.length} calls.`, [
              ...ended,
              note,
            ]);
        }
        if (note.what === "halfOpen") isHalfOpen = true;
        if (note.what === "open" || note.what === "close") isHalfOpen = false;
      },
    };
  }),
);

const bulkheadLimits = promise(
  "bulkhead-limit",
  "The bulkhead lets no more than 2 calls run at the same time.",
  "always",
  PAGES,
  atMost(2, "started", "ended", (count) => `${count} calls run.`),
);

const queuedRuns = promise(
  "queued-calls-run",
  "A call that was not rejected at once was queued, and runs.",
  "always",
  PAGES,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (note.what === "entered") waiting.set(id, note);
        if (note.what === "started") waiting.delete(id);
        const entered = note.what === "settled" ? take(waiting, id) : undefined;
        if (entered === undefined) return;
        checked();
        const after = note.since(entered);
        if (after > 0)
          broken(`Call ${id} was queued, and ${after} ms later it was ${note.text("how")}.`, [entered, note]);
      },
    };
  }),
);

const settles = promise(
  "every-call-settles",
  "Every call through the bulkhead runs or is rejected.",
  "eventually",
  PAGES,
  noneLeft(5_000, "entered", "settled", (id) => `Call ${id} still waits.`),
);

type Env = Readonly<Record<string, string>>;

function calls(
  env: Env,
  properties: readonly Property[],
  kinds?: readonly StormKind[],
  targets = ["backend", GATEWAY],
): Storm {
  return askBackend(new URL("gateway.ts", import.meta.url), env, {
    targets,
    ...(kinds === undefined ? {} : { storm: kinds }),
    faultsOfAKind: 3,
    properties,
  });
}

function crowd(env: Env, properties: readonly Property[]): Storm {
  return storm({
    hosts: { pages: node(new URL("pages.ts", import.meta.url), { env }) },
    storm: ["crash", "pause", "clock"],
    runs: 100,
    properties,
  });
}

const promises = [openRejects, oneTrial, trialDecides, letsThrough, retries, answers];

export const cockatiel: Subject = {
  library: "cockatiel",
  sound: {
    "the policies keep their promises": calls({}, promises),
    "the bulkhead keeps its promises": crowd({ RELATED: "no" }, [bulkheadLimits, queuedRuns, settles]),
  },
  mistakes: {
    "whoever is refused asks the backend directly": {
      ...short(calls({ BYPASS: "yes" }, [openRejects])),
      noticedBy: openRejects.id,
    },
    "the program allows more at a time": {
      ...short(crowd({ RUNNING: "4" }, [bulkheadLimits])),
      noticedBy: bulkheadLimits.id,
    },
  },
  found: {
    "a call made before the circuit opened decides its half-open state": {
      ...calls({ TIMEOUT_MS: "6000", HALF_OPEN_MS: "500" }, [trialDecides]),
      contradicts: trialDecides.id,
    },
    "a wall clock that is set back keeps the circuit open": {
      ...calls({}, [letsThrough], ["crash", "partition", "clock-jump"]),
      contradicts: letsThrough.id,
    },
    "the sampling breaker counts calls that are older than its duration": {
      ...calls({ SAMPLING: "yes" }, [sampled]),
      contradicts: sampled.id,
    },
    "a queued call is rejected when others come just before its turn": {
      ...crowd({}, [queuedRuns]),
      contradicts: queuedRuns.id,
    },
  },
};
