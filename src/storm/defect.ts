/**
 * A planted defect: a protection that can be switched off at the place where it stands, `host.defect("id")`. That a
 * campaign catches each of them is how the harness proves itself. Those of the house's own systems are of kinds that
 * were met before, in public: the catalogue says where.
 */
export interface Defect {
  readonly id: string;
  /** The id that it had before: valid wherever the id is. */
  readonly alias?: string;
  /** What goes wrong, in one sentence. */
  readonly breaks: string;
  /** Ids of the properties that must catch it: each of them can. */
  readonly caughtBy: readonly string[];
  readonly origin?: Origin;
  readonly incident?: Incident;
}

/** A `weakness` of the design that the system follows, as that is usually described, or a `classic` of the trade. */
export type Origin = "weakness" | "classic";

/** A public report of a defect of the same kind: an incident, an analysis, a bug, or the paper that described it. */
export interface Incident {
  /** What was found, in a few words. */
  readonly what: string;
  /** Who reported it. */
  readonly by: string;
  readonly year: number;
  /** Where it can be read. */
  readonly url: string;
}

/** An entry of the house's own catalogues: where it comes from is always said. */
export type CataloguedDefect = Required<Omit<Defect, "alias">> & Pick<Defect, "alias">;

/** The defect's id behind a name, which may be an alias. Names that no defect has come back as they are. */
export function defectId(name: string, defects: readonly Pick<Defect, "id" | "alias">[]): string {
  return defects.find(({ id, alias }) => id === name || alias === name)?.id ?? name;
}

export function defect(id: string, caughtBy: readonly string[], breaks: string): Defect {
  return { id, breaks, caughtBy };
}
