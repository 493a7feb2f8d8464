/**
 * A library's promise as a property. The program under test notes what happens in it (`note.ts`); a promise reads the notes
 * in their order, each with its true time, and says when they contradict it. It leaves out what programs note on other
 * hosts than those that it names.
 */

import type { HistoryEvent, Property } from "seedstorm";
import type { StormContext, StormTestOptions } from "seedstorm/vitest";

/** A storm over a program that uses a library. */
export interface Storm {
  readonly options: StormTestOptions;
  readonly body: (context: StormContext) => Promise<void>;
}

/** One library under test. */
export interface Subject {
  readonly library: string;
  /** Seconds a run, and not a tenth of one. */
  readonly isSlow?: boolean;
  /** Used as its documentation says, in storms that it should survive. */
  readonly sound: Readonly<Record<string, Storm>>;
  /** Negative controls: a mistake of the program's own, by name, and the id of the property that notices it. */
  readonly mistakes: Readonly<Record<string, Storm & { readonly noticedBy: string }>>;
  /** Where the library does something else than its documentation says: by name, and the id of the property. */
  readonly found: Readonly<Record<string, Storm & { readonly contradicts: string }>>;
}

/** A storm in which the programs do everything, and their promises are all that is expected. */
export function storm(options: StormTestOptions, { stormSeconds, quietSeconds } = LONG): Storm {
  return {
    options: { ...options, stormSeconds, quietSeconds },
    body: async ({ client, healed }) => {
      await healed();
      await client.sleep(1_000 * (quietSeconds - 1));
    },
  };
}

const LONG = { stormSeconds: 20, quietSeconds: 20 };

/** Long enough for a mistake that shows soon. */
const SHORT = { stormSeconds: 6, quietSeconds: 3 };

export function short({ options }: Storm): Storm {
  return storm(options, SHORT);
}

/** What a program noted. */
export interface Note {
  readonly what: string;
  readonly host: string;
  /** True microseconds since the universe began: whole, so that they can be compared. */
  readonly at: number;
  readonly event: HistoryEvent;
  text(field: string): string;
  number(field: string): number;
  /** Milliseconds between an earlier note and this one. */
  since(earlier: Note): number;
}

export interface Judge {
  /** The program noted something. */
  on?(note: Note): void;
  /** The memory of a program is lost: its process ended, or its host crashed. */
  restarted?(host: string): void;
  /** The run is over, at these microseconds. */
  end?(at: number): void;
}

export interface Bench {
  /** Something was compared. */
  checked(): void;
  /** The notes contradict the promise. */
  broken(message: string, evidence: readonly Note[]): void;
}

/** A millisecond in the world's unit. */
export const MS = 1_000;

/**
 * @param kind `always` is judged while the program runs, `eventually` when the quiet period is over.
 * @param hosts whose notes are read.
 */
export function promise(
  id: string,
  sentence: string,
  kind: "always" | "eventually",
  hosts: string | readonly string[],
  start: (bench: Bench) => Judge,
): Property {
  const read = typeof hosts === "string" ? [hosts] : hosts;
  return {
    id,
    kind,
    sentence,
    subscribes: ["program", "host"],
    start(context) {
      const judge = start({
        checked: () => context.checked(),
        broken: (message, evidence) =>
          context.violated(
            "it",
            message,
            evidence.map(({ event }) => event),
          ),
      });
      return {
        on(event) {
          if (!read.includes(event.host)) return;
          if (event.kind === "host" ? event.phase === "crash" : isExit(event)) judge.restarted?.(event.host);
          const note = noteOf(event);
          if (note !== undefined) judge.on?.(note);
        },
        end: (at) => judge.end?.(at),
      };
    },
  };
}

/** A judge for each life of a program: what an earlier life noted is forgotten with its memory. */
export function eachLife(start: (bench: Bench) => Judge): (bench: Bench) => Judge {
  return (bench) => {
    let judge = start(bench);
    return {
      on: (note) => judge.on?.(note),
      restarted: () => {
        judge = start(bench);
      },
      end: (at) => judge.end?.(at),
    };
  };
}

function isExit(event: HistoryEvent): boolean {
  return event.kind === "program" && event.phase === "exit";
}

/** Undefined for a line that is no note. */
function noteOf(event: HistoryEvent): Note | undefined {
  if (event.kind !== "program" || event.phase !== "output" || !event.text.startsWith('{"what":'))
    return undefined;
  const fields = JSON.parse(event.text) as Readonly<Record<string, unknown>>;
  return {
    what: String(fields.what),
    host: event.host,
    at: event.at,
    event,
    text: (field) => String(fields[field]),
    number: (field) => Number(fields[field]),
    since: (earlier) => (event.at - earlier.at) / MS,
  };
}
