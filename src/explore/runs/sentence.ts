/** What was thrown, in one line. */

/** The first line of whatever was thrown. */
export function sentence(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0] ?? text;
}
