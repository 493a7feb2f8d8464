/**
 * The append-only file: every change as the command that makes it again, on the host's disk. What is acknowledged
 * survives a crash by the policy: `always` syncs before anything is answered; `everysec` once a second; `no` leaves it to
 * the operating system, which here never does.
 *
 * What a crash leaves of it is read up to the first command that is not whole, and the rest is cut off, as
 * `redis-check-aof --fix` does.
 */
import { DiskError } from "../../../sim/disk.js";
import type { SimulatedProcess } from "../../env/simulated-process.js";
import { RedisError, RequestReader } from "./resp.js";
import { UnitReader, unitText } from "./units.js";

export type FsyncPolicy = "always" | "everysec" | "no";

const FILE = "/var/lib/redis/appendonly.aof";
/** What Redis exits with when it can't keep what it would have to. */
const FATAL = 1;

export class AppendOnlyFile {
  /** Why nothing can be written for the moment. */
  refusal: RedisError | undefined;
  readonly #process: SimulatedProcess;
  readonly policy: FsyncPolicy;
  #pending = "";
  #isDirty = false;

  constructor(simulated: SimulatedProcess, policy: FsyncPolicy) {
    this.#process = simulated;
    this.policy = policy;
  }

  /** Executes what is there. Returns how many commands. */
  load(execute: (command: readonly string[]) => void): number {
    const { disk } = this.#process.host;
    if (!disk.exists(FILE)) {
      disk.install(FILE, new Uint8Array(0));
      return 0;
    }
    const text = Buffer.from(disk.readNow(FILE)).toString("latin1");
    const { units, end } = unitsOf(text);
    for (const unit of units) for (const command of unit) execute(command);
    if (end < text.length) {
      this.#process.print(
        "stderr",
        `!!! Warning: bad format in the append only file: cut off after byte ${end}`,
      );
      disk.truncate(FILE, end);
      disk.fsyncNow(FILE);
    }
    return units.length;
  }

  /** Effects that belong together: they are there after a crash, or none of them is. */
  add(effects: readonly (readonly string[])[]): void {
    this.#pending += unitText(effects);
  }

  /** Writes what was added, before it is answered. Returns whether it was synced. */
  flush(): boolean {
    if (this.#pending === "") return false;
    const bytes = Buffer.from(this.#pending, "latin1");
    try {
      this.#process.host.disk.append(FILE, bytes);
      this.#pending = "";
      this.refusal = undefined;
      this.#isDirty = true;
      if (this.policy !== "always") return false;
      this.#process.host.disk.fsyncNow(FILE);
      this.#isDirty = false;
      return true;
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#process.print("stderr", `Error writing to the AOF file: ${error.message}`);
      if (this.policy === "always") return this.#process.exit(FATAL);
      this.refusal = new RedisError(`MISCONF Errors writing to the AOF file: ${error.message}`);
      return false;
    }
  }

  /** Called once a second. */
  everySecond(): void {
    if (this.refusal !== undefined) this.flush();
    if (this.policy !== "everysec" || !this.#isDirty) return;
    this.#isDirty = false;
    this.#process.host.disk.fsync(FILE).catch((error: unknown) => {
      this.#process.print("stderr", `Fail to fsync the AOF file: ${String(error)}`);
      this.#isDirty = true;
    });
  }
}

/** Commands, by what was executed together, and where the last whole one ends. */
function unitsOf(text: string): { readonly units: (readonly (readonly string[])[])[]; readonly end: number } {
  const reader = new RequestReader(false);
  const unitReader = new UnitReader();
  const units: (readonly (readonly string[])[])[] = [];
  let end = 0;
  try {
    for (const command of reader.take(text)) {
      const unit = unitReader.take(command);
      if (unit === undefined) continue;
      units.push(unit);
      end = reader.taken;
    }
  } catch (error) {
    if (!(error instanceof RedisError)) throw error; // not a command: what follows is lost
  }
  return { units, end };
}
