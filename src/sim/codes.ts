/** Numbers for names, for the trace hash and for what must be told apart by a name alone. */

/** A 32-bit FNV-1a hash of a text. */
export function codeOf(name: string): number {
  return signedCodeOf(name) >>> 0;
}

/**
 * The same bits as a signed number. V8 keeps those without an object of their own, where every other unsigned one would get one:
 * for what folds codes by the thousand.
 */
export function signedCodeOf(name: string): number {
  let hash = 0x811c9dc5 | 0;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash;
}
