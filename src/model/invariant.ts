/**
 * Assertions of the models: what must be so whatever clients, the network and the disk do. One that is broken is a mistake
 * of the code itself and fails the run there and then, before its consequences hide where it came from. What others were
 * promised is not asserted but judged, by properties, from the history.
 *
 * Hot code gives a constant for what it says, which costs nothing: the run names the host and the moment.
 */

export class BrokenInvariant extends Error {
  override readonly name = "BrokenInvariant";
}

/**
 * @param what must hold, as a statement.
 * @throws BrokenInvariant, which no supervisor catches: it fails the run.
 */
export function invariant(holds: boolean, what: string): asserts holds {
  if (!holds) throw new BrokenInvariant(what);
}
