/** opossum 10: what its documentation promises of a breaker, in storms. */
import type { Property } from "seedstorm";
import { askBackend, noCallWhileOpen, oneCallInHalfOpen } from "../breaker.js";
import { atMost, take, takeLate } from "../judges.js";
import { eachLife, MS, type Note, promise, type Storm, type Subject, short } from "../promise.js";

const TIMEOUT_MS = 1_500;
const RESET_MS = 3_000;
const CAPACITY = 6;
const VOLUME = 5;
/** The rolling window with the bucket that is being filled. */
const WINDOW_MS = 6_000;
const GATEWAY = "gateway";

const openMeansClosed = promise(
  "no-call-while-open",
  "While the breaker is open, the action is not called.",
  "always",
  GATEWAY,
  noCallWhileOpen((id) => `Call ${id} was made while the breaker was open.`),
);

const oneAttempt = promise(
  "one-attempt-in-half-open",
  "When the breaker is half open, a single attempt is made.",
  "always",
  GATEWAY,
  oneCallInHalfOpen("Two attempts were made in one half-open state."),
);

const attemptDecides = promise(
  "the-attempt-decides",
  "A half-open breaker closes when its attempt has succeeded, and not for a call that was made before it opened.",
  "always",
  GATEWAY,
  ({ checked, broken }) => {
    let halfOpen: Note | undefined;
    const calls = new Map<string, Note>();
    let succeeded: Note | undefined;
    return {
      restarted: () => {
        halfOpen = undefined;
        calls.clear();
      },
      on(note) {
        if (note.what === "halfOpen") halfOpen = note;
        if (note.what === "called") calls.set(note.text("id"), note);
        if (note.what === "returned" && note.text("ok") === "true") succeeded = note;
        if (note.what === "open") halfOpen = undefined;
        if (note.what !== "close" || halfOpen === undefined || succeeded === undefined) return;
        const call = calls.get(succeeded.text("id"));
        checked();
        if (call !== undefined && call.at < halfOpen.at) {
          const early = halfOpen.since(call);
          broken(
            `It closed for call ${call.text("id")}, which was made ${early} ms before it was half open.`,
            [call, halfOpen, succeeded, note],
          );
        }
        halfOpen = undefined;
      },
    };
  },
);

const inTime = promise(
  "answered-in-time",
  `Whoever fires is answered within the timeout, and at once while the breaker is open.`,
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    const late = (now: number): void => {
      for (const [id, fired] of takeLate(waiting, TIMEOUT_MS, now))
        broken(`Fire ${id} was not answered within ${TIMEOUT_MS} ms.`, [fired]);
    };
    return {
      on(note) {
        late(note.at);
        if (note.what === "fired") waiting.set(note.text("id"), note);
        if (note.what !== "answered") return;
        const fired = take(waiting, note.text("id"));
        checked();
        if (note.text("how") === "EOPENBREAKER" && fired !== undefined && note.at > fired.at) {
          broken(`Fire ${note.text("id")} was refused ${note.since(fired)} ms later, not at once.`, [
            fired,
            note,
          ]);
        }
      },
      end: late,
    };
  }),
);

const resets = promise(
  "half-open-after-reset-timeout",
  "The breaker is half open when the reset timeout has passed since it opened, not earlier and not later.",
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    let opened: Note | undefined;
    const late = (at: number): void => {
      if (opened === undefined || at - opened.at <= RESET_MS * MS) return;
      broken(`It opened, and ${RESET_MS} ms later it was not half open.`, [opened]);
      opened = undefined;
    };
    return {
      on(note) {
        if (note.what === "halfOpen" && opened !== undefined) {
          checked();
          const after = note.since(opened);
          if (after < RESET_MS) broken(`It was half open ${after} ms after it had opened.`, [opened, note]);
          opened = undefined;
        }
        late(note.at);
        if (note.what === "open") opened = note;
        if (note.what === "close") opened = undefined;
      },
      end: late,
    };
  }),
);

const capacity = promise(
  "capacity",
  `No more than ${CAPACITY} calls are being executed at a time.`,
  "always",
  GATEWAY,
  atMost(CAPACITY, "called", "returned", (count) => `${count} calls were being executed.`),
);

const volume = promise(
  "volume-threshold",
  `A closed breaker opens only after a failure, and only if there were ${VOLUME} requests within the window.`,
  "always",
  GATEWAY,
  eachLife(({ checked, broken }) => {
    let fires: Note[] = [];
    let isClosed = true;
    return {
      on(note) {
        if (note.what === "fired") fires.push(note);
        if (note.what === "open" && isClosed) {
          fires = fires.filter(({ at }) => note.at - at <= WINDOW_MS * MS);
          checked();
          if (fires.length < VOLUME) broken(`It opened after ${fires.length} requests.`, [...fires, note]);
        }
        if (note.what === "open" || note.what === "halfOpen") isClosed = false;
        if (note.what === "close") isClosed = true;
      },
    };
  }),
);

/** Over a restart, for a program that keeps the breaker's state. */
const LONG_RESET_MS = 12_000;

const staysOpen = promise(
  "open-over-a-restart",
  "A breaker that was open when its state was saved lets nothing through before the reset timeout has passed.",
  "always",
  GATEWAY,
  ({ checked, broken }) => {
    let opened: Note | undefined;
    return {
      on(note) {
        if (note.what === "open") opened = note;
        if (note.what === "close" || note.what === "halfOpen") opened = undefined;
        if (note.what !== "called" || opened === undefined) return;
        checked();
        const after = note.since(opened);
        if (after < LONG_RESET_MS)
          broken(
            `Call ${note.text("id")} was made ${after} ms after the breaker had opened, by its next life.`,
            [opened, note],
          );
        opened = undefined;
      },
    };
  },
);

const promises = [openMeansClosed, oneAttempt, attemptDecides, inTime, resets, capacity, volume];

function uses(
  env: Readonly<Record<string, string>>,
  properties: readonly Property[],
  targets = ["backend"],
): Storm {
  return askBackend(new URL("gateway.ts", import.meta.url), env, { targets, properties });
}

export const opossum: Subject = {
  library: "opossum",
  sound: { "the breaker keeps its promises": uses({}, promises, ["backend", GATEWAY]) },
  mistakes: {
    "whoever is refused asks the backend directly": {
      ...short(uses({ BYPASS: "yes" }, [openMeansClosed])),
      noticedBy: openMeansClosed.id,
    },
  },
  found: {
    "a call made before the breaker opened closes it": {
      ...uses({ TIMEOUT_MS: "6000", RESET_MS: "500" }, [attemptDecides]),
      contradicts: attemptDecides.id,
    },
    "calls that timed out count no longer, and run on": {
      ...uses({ CANCELS: "no" }, [capacity]),
      contradicts: capacity.id,
    },
    "a restored breaker that was open lets calls through at once": {
      ...uses(
        { STATE: "/var/lib/breaker.json", RESET_MS: String(LONG_RESET_MS) },
        [staysOpen],
        ["backend", GATEWAY],
      ),
      contradicts: staysOpen.id,
    },
  },
};
