/** What a simulated host does not have: refused by an error that says so, and what to do instead. */

export class Refused extends Error {
  override readonly name = "Refused";
  readonly code = "ERR_SEEDSTORM_REFUSED";
}

/** @param instead a phrase: what to do, or why it can't be had. */
export function refused(what: string, instead: string): never {
  throw new Refused(`${what} is not there on a simulated host: ${instead}`);
}
