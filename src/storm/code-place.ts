/**
 * Where code of a system threw: the first frame of the stack trace that is neither Node's, nor a package's, nor Seedstorm's own.
 * For people alone: no verdict and no hash depends on it.
 */

/** The folder that Seedstorm's own code stands in, whether it is bundled or not. */
const OWN = new URL("..", import.meta.url).href.replace(/^file:\/\//, "");
const FRAME = /^\s+at (?:.*\()?(?:file:\/\/)?(\/[^()]+:\d+:\d+|[A-Z]:[^()]+:\d+:\d+)\)?$/;

/** File, line and column; undefined where no frame is of the system's own. */
export function codePlace(error: unknown): string | undefined {
  const stack = error instanceof Error ? error.stack : undefined;
  if (typeof stack !== "string") return undefined;
  for (const line of stack.split("\n")) {
    const [, place] = FRAME.exec(line) ?? [];
    if (place !== undefined && !place.startsWith(OWN) && !/[\\/]node_modules[\\/]/.test(place)) return place;
  }
  return undefined;
}
