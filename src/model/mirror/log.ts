/**
 * The replication log: a server of its own, which primaries append to and consumers read from.
 *
 * An entry is answered for and shown to readers only when it is durable. Each primary opens a grain with its
 * epoch before it writes; from then on nothing of an older epoch gets in, so two primaries never interleave.
 * An append that comes again, because its answer was lost, is found and answered as done. Its disk may crash,
 * stall, fill up and fail an fsync; the medium itself does not rot, since it stands for a replicated
 * database.
 */
import { type Host, type Json, ms, type Write } from "seedstorm";
import { GOALS } from "./goals.js";
import type { Entry } from "./grain.js";
import { Journal } from "./journal.js";
import type { MirrorKnobs } from "./knobs.js";
import { LogTable } from "./log-table.js";
import { APPEND, type AppendReply, INSERT_ROW, OPEN, type OpenReply, READ_FROM, SNAPSHOT } from "./wire.js";

const STORE = "replication-log";

/** What stands in the journal. */
type LogRecord = { readonly row: Entry } | { readonly fence: number; readonly grain: string };

export class LogServer {
  readonly #host: Host;
  readonly #table: LogTable;
  readonly #journal: Journal;
  #txn = 0;

  constructor(host: Host, knobs: MirrorKnobs) {
    this.#host = host;
    this.#table = new LogTable(knobs.retain);
    this.#journal = new Journal(host, STORE, () => this.#records());
  }

  async start(): Promise<void> {
    const host = this.#host;
    await this.#recover();
    host.onRequest(APPEND, (entry) => this.#journal.exclusive(() => this.#append(entry)));
    host.onRequest(OPEN, ({ grain, epoch }) => this.#journal.exclusive(() => this.#open(grain, epoch)));
    host.onRequest(READ_FROM, ({ grain, after, limit }) => this.#table.readFrom(grain, after, limit));
    host.onRequest(SNAPSHOT, ({ grain }) => this.#table.chain(grain));
    host.onRequest(INSERT_ROW, (row) =>
      this.#journal.exclusive(() => this.#insert(row.grain, row.type, row.payload)),
    );
  }

  /**
   * What a crash left may be more than was ever recorded in the history: it counts, and is recorded again.
   */
  async #recover(): Promise<void> {
    const { records, damaged } = await this.#journal.recover();
    if (damaged) throw new Error("the replication log's medium is damaged, which its database rules out");
    const writes: Write[] = [];
    for (const text of records) {
      const record = JSON.parse(text) as LogRecord; // written by this class, and its checksum holds
      if ("row" in record) {
        this.#table.add(record.row);
        writes.push(rowWrite(record.row));
      } else {
        this.#table.setFence(record.grain, record.fence);
      }
    }
    if (writes.length > 0) this.#record(writes);
  }

  async #append(entry: Entry): Promise<AppendReply> {
    if (this.#host.buggify("mirror/log-dawdles")) await this.#host.sleep(ms(300));
    const judgement = this.#table.judge(entry, !this.#host.defect("RW6"));
    switch (judgement.status) {
      case "accept":
        return { status: (await this.#add(entry)) ? "appended" : "unavailable" };
      case "found":
        this.#host.reached(GOALS.appendFound);
        return { status: "appended" };
      case "fenced":
        this.#host.reached(GOALS.fenced);
        this.#host.record({
          kind: "refusal",
          operation: "append",
          reason: "fenced",
          key: entry.grain,
          detail: { epoch: entry.epoch, fence: judgement.epoch, source: entry.source },
        });
        return judgement;
      case "sequence-conflict":
        return judgement;
    }
  }

  async #open(grain: string, epoch: number): Promise<OpenReply> {
    const fence = this.#table.fence(grain);
    if (epoch < fence) return { status: "fenced", epoch: fence };
    if (epoch > fence) {
      if (!(await this.#journal.write(JSON.stringify({ fence: epoch, grain } satisfies LogRecord)))) {
        return { status: "unavailable" };
      }
      this.#table.setFence(grain, epoch);
      this.#record([{ key: `fence/${grain}`, value: epoch }]);
    }
    return { status: "opened", latest: this.#table.latest(grain), chain: this.#table.chain(grain) };
  }

  /** Goes round every rule but the order of sequences, as people with a database console do. */
  async #insert(grain: string, type: string, payload: string): Promise<{ status: "done" | "unavailable" }> {
    const latest = this.#table.latest(grain);
    const done = await this.#add({
      grain,
      sequence: latest + 1,
      epoch: this.#table.fence(grain),
      source: "operator",
      timestamp: this.#host.clock.now(),
      type,
      after: latest,
      payload,
    });
    return { status: done ? "done" : "unavailable" };
  }

  /** False when there is no room. */
  async #add(entry: Entry): Promise<boolean> {
    if (!(await this.#journal.write(JSON.stringify({ row: entry } satisfies LogRecord)))) return false;
    const cut = this.#table.add(entry);
    const writes = [rowWrite(entry)];
    if (cut !== undefined) {
      writes.push({ key: `truncate/${entry.grain}`, value: cut });
      this.#host.reached(GOALS.truncated);
    }
    this.#record(writes);
    await this.#journal.tidy();
    return true;
  }

  #record(writes: readonly Write[]): void {
    this.#host.record({ kind: "durable", store: STORE, txn: ++this.#txn, writes });
  }

  #records(): string[] {
    const records: LogRecord[] = [];
    for (const { grain, fence, entries } of this.#table.all()) {
      for (const row of entries) records.push({ row });
      records.push({ fence, grain });
    }
    return records.map((record) => JSON.stringify(record));
  }
}

function rowWrite(entry: Entry): Write {
  const { grain, sequence, epoch, source, timestamp, type, after, payload } = entry;
  const value: Json = { epoch, source, timestamp, type, after, payload };
  return { key: `row/${grain}/${sequence}`, value };
}
