/** How the notes of several libraries' programs are judged. Notes that belong together have the same id. */
import { type Bench, eachLife, type Judge, MS, type Note } from "./promise.js";

/** No more than `limit` run at the same time. */
export function atMost(
  limit: number,
  begins: string,
  ends: string,
  say: (count: number) => string,
): (bench: Bench) => Judge {
  return eachLife(({ checked, broken }) => {
    const running = new Map<string, Note>();
    return {
      on(note) {
        if (note.what === ends) running.delete(note.text("id"));
        if (note.what !== begins) return;
        running.set(note.text("id"), note);
        checked();
        if (running.size > limit) broken(say(running.size), [...running.values()]);
      },
    };
  });
}

/** When the run is over, none has waited for longer than `patienceMs`. */
export function noneLeft(
  patienceMs: number,
  begins: string,
  ends: string,
  say: (id: string) => string,
): (bench: Bench) => Judge {
  return eachLife(({ checked, broken }) => {
    const waiting = new Map<string, Note>();
    return {
      on(note) {
        if (note.what === begins) waiting.set(note.text("id"), note);
        if (note.what === ends) waiting.delete(note.text("id"));
      },
      end(at) {
        checked();
        for (const [id, note] of waiting) if (at - note.at > patienceMs * MS) broken(say(id), [note]);
      },
    };
  });
}

/** Compares a note with the `next` one of the same id. */
export function nextOfSame(
  isFirst: (note: Note) => boolean,
  next: string,
  compare: (first: Note, note: Note, broken: (message: string) => void) => void,
): (bench: Bench) => Judge {
  return ({ checked, broken }) => {
    const firsts = new Map<string, Note>();
    return {
      on(note) {
        const id = note.text("id");
        if (isFirst(note)) firsts.set(id, note);
        const first = note.what === next ? take(firsts, id) : undefined;
        if (first === undefined) return;
        checked();
        compare(first, note, (message) => broken(message, [first, note]));
      },
    };
  };
}

/** The note of that id, which waits no longer. */
export function take(waiting: Map<string, Note>, id: string): Note | undefined {
  const note = waiting.get(id);
  waiting.delete(id);
  return note;
}

/** Those that have waited for longer than `ms`, and wait no longer. They are in the order of their times. */
export function* takeLate(
  waiting: Map<string, Note>,
  ms: number,
  now: number,
): Generator<readonly [id: string, note: Note]> {
  for (const [id, note] of waiting) {
    if (now - note.at <= ms * MS) return; // those after it began to wait later
    waiting.delete(id);
    yield [id, note];
  }
}
