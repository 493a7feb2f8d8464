/**
 * A planted defect: a protection that can be switched off at the place where it stands, `host.defect("id")`. That a
 * campaign catches each of them is how the harness proves itself.
 */
export interface Defect {
  readonly id: string;
  /** What goes wrong, in one sentence. */
  readonly breaks: string;
  /** Ids of the properties that must catch it: each of them can. */
  readonly caughtBy: readonly string[];
}

export function defect(id: string, caughtBy: readonly string[], breaks: string): Defect {
  return { id, breaks, caughtBy };
}
