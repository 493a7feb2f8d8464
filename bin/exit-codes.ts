/** What the command tells its caller by its exit code. */
export const HELD = 0;
/** A property was violated, or a campaign did not keep its promises. */
export const VIOLATED = 1;
/** The input was unusable: a file, a name, a number, an option. */
export const UNUSABLE = 2;
/** The harness itself failed, or two runs of one plan differed. */
export const HARNESS_FAILED = 3;
/** Ended by Ctrl-C, after everything known was reported. */
export const INTERRUPTED = 130;

export type ExitCode =
  | typeof HELD
  | typeof VIOLATED
  | typeof UNUSABLE
  | typeof HARNESS_FAILED
  | typeof INTERRUPTED;

/** The harness failed; the message is one sentence that says in what, and `command` brings it back. */
export class HarnessError extends Error {
  override readonly name = "HarnessError";
  constructor(
    message: string,
    readonly command: string | undefined,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** The first line of what went wrong, whatever was thrown. */
export function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split("\n", 1)[0] ?? text;
}
