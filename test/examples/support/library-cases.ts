/** The cases of the libraries under test, one by one, as test runners want them, and a check that must fail. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { LIBRARIES } from "../../../examples/libraries/index.js";
import type { Storm, Subject } from "../../../examples/libraries/promise.js";
import { type CheckReport, check, StormFailure } from "../../../src/node/index.js";

export interface Case {
  readonly title: string;
  readonly isSlow: boolean;
  readonly storm: Storm;
}

/** A case in which a property must be contradicted. */
export interface ContradictedCase extends Case {
  readonly by: string;
}

function each<S extends Storm, C>(
  casesOf: (subject: Subject) => Readonly<Record<string, S>>,
  make: (one: Case & { readonly storm: S }) => C,
): C[] {
  return LIBRARIES.flatMap((subject) =>
    Object.entries(casesOf(subject)).map(([name, storm]) =>
      make({ title: `${subject.library}: ${name}`, isSlow: subject.isSlow === true, storm }),
    ),
  );
}

export const SOUND: readonly Case[] = each(
  ({ sound }) => sound,
  (one) => one,
);

export const MISTAKES: readonly ContradictedCase[] = each(
  ({ mistakes }) => mistakes,
  (one) => ({ ...one, by: one.storm.noticedBy }),
);

export const FOUND: readonly ContradictedCase[] = each(
  ({ found }) => found,
  (one) => ({ ...one, by: one.storm.contradicts }),
);

/** Checks a case in a folder that is removed afterwards. */
export async function checked(
  { title, storm }: Case,
  options: { readonly runs: number; readonly shrinkMs?: number },
): Promise<CheckReport> {
  const base = mkdtempSync(join(tmpdir(), "libraries-"));
  try {
    return await check(title, { ...storm.options, ...options }, storm.body, { base, command: "" });
  } finally {
    rmSync(base, { recursive: true });
  }
}

/** The failure of a case that must fail. */
export async function failure(one: Case, runs: number): Promise<StormFailure> {
  const outcome = await checked(one, { runs, shrinkMs: 1 }).catch((error: unknown) => error);
  if (outcome instanceof StormFailure) return outcome;
  if (outcome instanceof Error) throw outcome;
  throw new Error(`${one.title}: nothing was found in ${runs} runs`);
}
