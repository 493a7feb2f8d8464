/**
 * The processes that a drill starts, and how they end: always. Each has a process group of its own, so that a Ctrl-C at the
 * terminal reaches the drill alone, which then ends them. For a drill that is killed itself there is a guard: a process that
 * holds a pipe from the drill, knows who lives, and kills them all when the pipe breaks. It kills nobody else.
 */
import { type ChildProcess, spawn } from "node:child_process";

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildOptions {
  /** File descriptors or `ignore`, for standard output and standard error. */
  readonly out: number | "ignore";
  readonly err: number | "ignore";
}

export class Child {
  readonly pid: number;
  /** Resolves when it has ended. */
  readonly ended: Promise<Ending>;
  readonly #process: ChildProcess;

  constructor(started: ChildProcess, pid: number, ended: Promise<Ending>) {
    this.#process = started;
    this.pid = pid;
    this.ended = ended;
  }

  get lives(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.lives) this.#process.kill(signal);
  }

  /** As `kill -9`, whether it stands still or not; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.ended;
  }
}

/** What the guard runs: plain JavaScript, so that it needs no file of its own. */
const GUARD = `
let rest = "";
const alive = new Set();
process.stdin.setEncoding("utf8").on("data", (text) => {
  const lines = (rest + text).split("\\n");
  rest = lines.pop();
  for (const line of lines) line[0] === "+" ? alive.add(+line.slice(1)) : alive.delete(+line.slice(1));
});
process.stdin.on("end", () => {
  for (const pid of alive) try { process.kill(pid, "SIGKILL"); } catch {}
  process.exit();
});
`;

export class Children {
  readonly #alive = new Set<Child>();
  readonly #guard: ChildProcess;

  constructor() {
    this.#guard = spawn(process.execPath, ["-e", GUARD], {
      stdio: ["pipe", "ignore", "ignore"],
      detached: true,
    });
    this.#guard.stdin?.on("error", () => undefined); // a guard that was killed guards no more
    this.#guard.unref();
  }

  /** @throws what the system says where the command can't be started. */
  async start(command: string, args: readonly string[], { out, err }: ChildOptions): Promise<Child> {
    const started = spawn(command, args, { stdio: ["ignore", out, err], detached: true });
    const { pid } = started;
    if (pid !== undefined) this.#tell(`+${pid}`); // at once: the drill may be killed before it comes to anything else
    const ended = new Promise<Ending>((resolve) => {
      started.once("exit", (code, signal) => resolve({ code, signal }));
    });
    await new Promise<void>((resolve, reject) => {
      started.once("spawn", resolve);
      started.once("error", reject);
    });
    if (pid === undefined) throw new Error(`${command} has no process id`);
    const child = new Child(started, pid, ended);
    this.#alive.add(child);
    void ended.then(() => {
      this.#alive.delete(child);
      this.#tell(`-${pid}`);
    });
    return child;
  }

  /** Ends all that live, and the guard. */
  async end(): Promise<void> {
    await Promise.all([...this.#alive].map((child) => child.kill()));
    this.#guard.stdin?.end();
  }

  #tell(line: string): void {
    this.#guard.stdin?.write(`${line}\n`);
  }
}
