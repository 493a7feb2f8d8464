/** What must be so whatever happens: code that finds it otherwise stops the run there and then, as a mistake of its own. */

export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/** @throws BrokenInvariant, which no supervisor catches: it fails the run. */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}
