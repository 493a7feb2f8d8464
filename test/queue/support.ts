/** The compiled command as processes that run beside the test: campaigns on a queue, and workers. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { type CampaignResult, parseResult } from "../../src/explore/index.js";
import { compiled } from "../support/compiled.js";

const NEVER_MS = 300_000;

export const toys = (): string => join(compiled(), "test/support/toy.js");

export class Command {
  readonly #child: ChildProcess;
  readonly ended: Promise<number | null>;
  out = "";
  err = "";

  /** @param folder where it is typed. */
  constructor(folder: string, args: readonly string[], registry = toys()) {
    const entry = join(compiled(), "bin/seedstorm.js");
    this.#child = spawn(process.execPath, [entry, "--scenarios", registry, ...args], { cwd: folder });
    this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      this.out += text;
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.err += text;
    });
    this.ended = new Promise((resolve) => this.#child.once("close", resolve));
    onTestFinished(() => this.kill());
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }

  /** Waits until it has said something on standard error. */
  async says(pattern: RegExp): Promise<void> {
    await until(
      () => pattern.test(this.err),
      () => `it never said ${pattern}, but: ${this.err}${this.out}`,
    );
  }
}

export async function until(holds: () => boolean, complaint: () => string): Promise<void> {
  const limit = performance.now() + NEVER_MS;
  while (!holds()) {
    if (performance.now() > limit) throw new Error(complaint());
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What a campaign wrote down, but for the real time that it took. */
export function resultOf(folder: string, file: string): Omit<CampaignResult, "wallTimeMs"> {
  const { wallTimeMs: _, ...result } = parseResult(readFileSync(join(folder, file), "utf8"));
  return result;
}
