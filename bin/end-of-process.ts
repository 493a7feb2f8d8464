/**
 * How the process of the command ends: with the command, and by nothing else. Code that a module of scenarios left behind, a timer or
 * an interval, can't keep it alive, and can't end it before the verdict without a word.
 */
import { writeSync } from "node:fs";
import { type ExitCode, firstLine, HARNESS_FAILED, INTERRUPTED } from "./exit-codes.js";

const STDERR = 2;

/** The command that a drill starts its processes with. They go on after it, and end by the rules of the drill. */
export const DRILL_HOST = "drill-host";

/** Ends the process with the code of the command, whatever else waits in it. */
export async function endWith(command: Promise<ExitCode>): Promise<never> {
  let isDone = false;
  process.on("exit", (code) => {
    if (isDone || code === INTERRUPTED || code === HARNESS_FAILED) return;
    say("the process was ended before the command was done, by code outside of any universe");
    process.exitCode = HARNESS_FAILED;
  });
  process.on("uncaughtException", (error) => {
    say(`code outside of any universe threw what nobody caught: ${firstLine(error)}`);
    process.exit(HARNESS_FAILED);
  });
  const code = await command;
  await Promise.all([process.stdout, process.stderr].map(written));
  isDone = true;
  process.exit(code);
}

/** At once, for nothing that waits is done any more. */
function say(message: string): void {
  try {
    writeSync(STDERR, `error: ${message}\n`);
  } catch {
    // nobody listens
  }
}

/** A pipe may take what was written later than now. */
export function written(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    stream.write("", () => resolve());
  });
}
