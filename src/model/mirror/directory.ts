/**
 * The directory: which cluster is the primary of each grain, and by which epoch.
 *
 * Every change is a compare-and-set on the epoch and gives a higher one. A grain that was taken out leaves
 * its epoch behind, so that whoever registers it again goes on from there. Its disk fails like the log's: all
 * but the medium itself.
 */
import type { Host, Write } from "seedstorm";
import { invariant } from "../invariant.js";
import { GOALS } from "./goals.js";
import { Journal } from "./journal.js";
import { CLAIM, type Claim, type ClaimReply, DEREGISTER, LOOKUP, type Placement } from "./wire.js";

const STORE = "directory";

/** A grain's line: with no cluster when it is not registered. */
interface Line {
  readonly grain: string;
  readonly cluster: string | null;
  readonly epoch: number;
}

export class Directory {
  readonly #host: Host;
  readonly #lines = new Map<string, Line>();
  readonly #journal: Journal;
  #txn = 0;

  constructor(host: Host) {
    this.#host = host;
    this.#journal = new Journal(host, STORE, () =>
      [...this.#lines.values()].map((line) => JSON.stringify(line)),
    );
  }

  async start(): Promise<void> {
    const host = this.#host;
    await this.#recover();
    host.onRequest(LOOKUP, () => this.#registered());
    host.onRequest(CLAIM, (claim) => this.#journal.exclusive(() => this.#claim(claim)));
    host.onRequest(DEREGISTER, ({ grain, epoch }) =>
      this.#journal.exclusive(() => this.#deregister(grain, epoch)),
    );
  }

  async #recover(): Promise<void> {
    const { records, damaged } = await this.#journal.recover();
    if (damaged) throw new Error("the directory's medium is damaged, which its database rules out");
    const writes: Write[] = [];
    for (const text of records) {
      const line = JSON.parse(text) as Line; // written by this class, and its checksum holds
      this.#remember(line);
      writes.push(lineWrite(line));
    }
    if (writes.length > 0) this.#record(writes);
  }

  #registered(): Placement[] {
    const placements: Placement[] = [];
    for (const { grain, cluster, epoch } of this.#lines.values()) {
      if (cluster !== null) placements.push({ grain, cluster, epoch });
    }
    return placements;
  }

  async #claim({ grain, cluster, expected }: Claim): Promise<ClaimReply> {
    const line = this.#lines.get(grain);
    const present = line === undefined || line.cluster === null ? 0 : line.epoch;
    if (present !== expected) return { status: "overtaken" };
    const epoch = (line?.epoch ?? 0) + 1;
    if (!(await this.#write({ grain, cluster, epoch }))) return { status: "unavailable" };
    if (expected === 0 && epoch > 1) this.#host.reached(GOALS.registeredAgain);
    return { status: "granted", epoch };
  }

  async #deregister(grain: string, epoch: number): Promise<{ status: "done" | "overtaken" | "unavailable" }> {
    const line = this.#lines.get(grain);
    if (line === undefined || line.cluster === null || line.epoch !== epoch) return { status: "overtaken" };
    const kept = this.#host.defect("RW7") ? 0 : epoch;
    return { status: (await this.#write({ grain, cluster: null, epoch: kept })) ? "done" : "unavailable" };
  }

  async #write(line: Line): Promise<boolean> {
    if (!(await this.#journal.write(JSON.stringify(line)))) return false;
    this.#remember(line);
    this.#record([lineWrite(line)]);
    await this.#journal.tidy();
    return true;
  }

  #remember(line: Line): void {
    const before = this.#lines.get(line.grain)?.epoch ?? 0;
    invariant(line.cluster === null || line.epoch > before, "each primary of a grain has a later epoch");
    this.#lines.set(line.grain, line);
  }

  #record(writes: readonly Write[]): void {
    this.#host.record({ kind: "durable", store: STORE, txn: ++this.#txn, writes });
  }
}

function lineWrite({ grain, cluster, epoch }: Line): Write {
  return { key: `grain/${grain}`, value: { cluster, epoch } };
}
