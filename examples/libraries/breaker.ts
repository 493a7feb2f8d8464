/** What storms over circuit breakers have in common: a gateway that asks a backend, and notes each call and each state. */
import { node, type StormTestOptions } from "seedstorm/vitest";
import { type Bench, eachLife, type Judge, type Note, type Storm, storm } from "./promise.js";

/** No call is made between `open` and the state after it. */
export function noCallWhileOpen(say: (id: string) => string): (bench: Bench) => Judge {
  return eachLife(({ checked, broken }) => {
    let opened: Note | undefined;
    return {
      on(note) {
        if (note.what === "open") opened = note;
        if (note.what === "halfOpen" || note.what === "close") opened = undefined;
        if (note.what !== "called") return;
        checked();
        if (opened !== undefined) broken(say(note.text("id")), [opened, note]);
      },
    };
  });
}

/** One call at most is made between `halfOpen` and the state after it. */
export function oneCallInHalfOpen(message: string): (bench: Bench) => Judge {
  return eachLife(({ checked, broken }) => {
    let calls: Note[] | undefined;
    return {
      on(note) {
        if (note.what === "halfOpen") calls = [];
        if (note.what === "open" || note.what === "close") calls = undefined;
        if (note.what !== "called" || calls === undefined) return;
        checked();
        calls.push(note);
        if (calls.length > 1) broken(message, calls);
      },
    };
  });
}

/** A storm over a gateway and the backend that it asks. */
export function askBackend(
  gateway: URL,
  env: Readonly<Record<string, string>>,
  options: Omit<StormTestOptions, "hosts">,
): Storm {
  return storm({
    hosts: {
      backend: node(new URL("backend.ts", import.meta.url)),
      gateway: node(gateway, { env }),
    },
    storm: ["crash", "loss", "partition", "slow"],
    runs: 100,
    ...options,
  });
}
