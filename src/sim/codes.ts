/** Numbers for names, for the trace hash and for what must be told apart by a name alone. */

/** A 32-bit FNV-1a hash of a text. */
export function codeOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
