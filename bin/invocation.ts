/**
 * How this program is called, for every line that tells what to type. A process is one call, so this is
 * the one thing that the command line keeps for itself.
 */

let words = "npx seedstorm";

/** From now on lines to type name the module that the scenarios came from. */
export function withScenariosOf(module: string): void {
  words = `npx seedstorm --scenarios ${quoted(module)}`;
}

/** `npx seedstorm`, with what goes before the command. */
export function invocation(): string {
  return words;
}

/** An argument as a shell takes it back. */
export function quoted(argument: string): string {
  return /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", "'\\''")}'`;
}
