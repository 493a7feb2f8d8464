/** What a leader needs of the member that it is part of. */
import type { Host } from "../../sim/host.js";
import type { Applier } from "./applier.js";
import type { Log } from "./log.js";
import type { Command } from "./machine.js";
import type { ConfigurationHistory } from "./membership.js";
import type { Storage } from "./storage.js";

export interface Office<C extends Command, R> {
  readonly host: Host;
  readonly group: string;
  readonly term: number;
  readonly commit: number;
  readonly log: Log;
  readonly storage: Storage;
  readonly applier: Applier<C, R>;
  readonly configurations: ConfigurationHistory;
  /** Everything up to `index` is committed. */
  commitTo(index: number): void;
  /** Drops what is behind `index` and was sent to nobody. */
  cutAfter(index: number): void;
  /** The term of office is over, though the term may go on. */
  stepDown(): void;
}
