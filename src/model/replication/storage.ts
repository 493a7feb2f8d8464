/**
 * What one member keeps on its host's disk: its identity, its log, its snapshot. Nothing is acknowledged before it
 * is *stable*: synced to the log file, and then marked in the identity file as acknowledged. The mark is what tells a torn tail,
 * which nobody was promised, from damage to something that others count on.
 *
 * The log in memory runs ahead and the disk follows, one step at a time: append and sync; or, before anything that had
 * been marked is dropped from the file, first take the mark back. After a failed fsync the file proves nothing: it is written anew
 * from memory, and nothing is stable before that is done. What a full disk refuses is tried again; a leader would rather
 * not begin with it. Damage is never mended here: a member that lost what it acknowledged has to be taken out and in again.
 */
import { DiskError, type Host, type Micros, type Write } from "seedstorm";
import { invariant } from "../invariant.js";
import { IdentityKeeper } from "./identity.js";
import type { Identity } from "./identity-file.js";
import { LOG_START, Log } from "./log.js";
import { LogFile } from "./log-file.js";
import { DISK_FULL_FOR, DISK_RETRY_AFTER, DISK_STALLED_AFTER } from "./settings.js";
import { type Snapshot, SnapshotFile } from "./snapshot-file.js";

export interface StorageListener {
  /** The stable term, vote or index has moved. */
  onStable(): void;
  /** The log file can be written to again. */
  onIdle(): void;
  /** An fsync failed. */
  onTrouble(): void;
}

export type Recovered =
  | { readonly status: "ready"; readonly identity: Identity; readonly snapshot: Snapshot | undefined }
  /** What this member acknowledged may be lost: it has no identity any more. */
  | { readonly status: "lost" };

export class Storage {
  readonly log = new Log();

  readonly #host: Host;
  readonly #listener: StorageListener;
  readonly #logStore: string;
  readonly #identity: IdentityKeeper;
  readonly #logFile: LogFile;
  readonly #snapshotFile: SnapshotFile;

  /** The log file holds this much of the log in memory, synced. */
  #synced = 0;
  #syncing = 0;
  #logBusy = false;
  #busySince: Micros = 0;
  /** When the disk was last found full. */
  #refusedAt: Micros = Number.NEGATIVE_INFINITY;
  #isRetrying = false;
  /** The log in memory was cut here, and the file was not yet. */
  #cutAt: number | undefined;
  /** For the history: the next batch replaces what was recorded from this index on. */
  #truncatedFrom: number | undefined;
  #mustRewrite = false;
  /** How often the log in memory began anew: work on the file that was under way then is void. */
  #resets = 0;
  #snapshot: { readonly snapshot: Snapshot; readonly keepAfter: number } | undefined;

  constructor(host: Host, group: string, listener: StorageListener) {
    this.#host = host;
    this.#listener = listener;
    this.#logStore = `raft/${group}@${host.id}`;
    this.#identity = new IdentityKeeper(
      host,
      group,
      () => listener.onStable(),
      () => listener.onTrouble(),
    );
    this.#logFile = new LogFile(host.disk, `${group}/log`);
    this.#snapshotFile = new SnapshotFile(host.disk, `${group}/snapshot`);
  }

  get stableTerm(): number {
    return this.#identity.stable.term;
  }

  get stableVote(): string | null {
    return this.#identity.stable.vote;
  }

  get contentGeneration(): number {
    return this.#identity.contentGeneration;
  }

  /** The log may be acknowledged up to here. */
  get stableIndex(): number {
    if (this.#host.defect("ack-before-fsync")) return this.log.lastIndex;
    return Math.min(this.#synced, this.#identity.stable.markIndex);
  }

  /** Whether the log file is being worked on: what is appended to the log now is written after that. */
  get busy(): boolean {
    return this.#logBusy;
  }

  /** How long the work on the log file has been going on. */
  busyFor(now: Micros): Micros {
    return this.#logBusy ? now - this.#busySince : 0;
  }

  /** Whether the disk can be counted on: it is not stuck, and took what it was given last. */
  isWell(now: Micros): boolean {
    return this.busyFor(now) < DISK_STALLED_AFTER && now - this.#refusedAt > DISK_FULL_FOR;
  }

  /** Makes term and vote durable; `onStable` tells when. */
  saveVote(term: number, vote: string | null): void {
    this.#identity.saveVote(term, vote);
  }

  /** Brings what is new in the log to the disk, or has that done as soon as possible. False when the disk is full just now. */
  flush(): boolean {
    if (this.#logBusy) return true;
    if (this.#needsMaintenance()) {
      this.#begin();
      void this.#maintain();
      return true;
    }
    return this.#append();
  }

  /** Drops everything behind `index` from the log in memory; the file follows with the next flush. */
  cutAfter(index: number): void {
    this.log.cutAfter(index);
    if (index < this.#synced) {
      this.#synced = index;
      this.#truncatedFrom = Math.min(this.#truncatedFrom ?? index + 1, index + 1);
    }
    if (this.#logBusy || index < this.#logFile.lastIndex) this.#cutAt = Math.min(this.#cutAt ?? index, index);
  }

  /** A snapshot of what is in the log and stable becomes durable; entries up to `keepAfter` are dropped then. */
  saveSnapshot(snapshot: Snapshot, keepAfter: number): void {
    const isLatest = snapshot.index >= (this.#snapshot?.snapshot.index ?? 0);
    invariant(isLatest, "a snapshot that waits for the disk gives way to later ones alone");
    invariant(snapshot.index <= this.log.lastIndex, "a snapshot is of what is in the log");
    this.#snapshot = { snapshot, keepAfter };
    this.flush();
  }

  /** Begins anew behind a snapshot that came from the leader: what is in the log contradicts it or does not reach it. */
  installSnapshot(snapshot: Snapshot): void {
    if (this.log.lastIndex > snapshot.index) this.#truncatedFrom = snapshot.index + 1;
    this.log.reset(snapshot);
    this.#resets++;
    this.#synced = 0;
    this.#syncing = 0;
    this.#cutAt = undefined;
    this.#mustRewrite = true;
    this.saveSnapshot(snapshot, snapshot.index);
  }

  /** Begins a life: all that was kept, or a fresh identity on the host's first boot. */
  async recover(contentGeneration: number): Promise<Recovered> {
    const identity = await this.#identity.recover();
    // A blank disk on a later boot was wiped: what it held and acknowledged is gone.
    const isNew = this.#host.incarnation === 1 || this.#host.defect("GW10");
    if (identity === "blank" && isNew) {
      await this.format(contentGeneration, 0, null);
      return { status: "ready", identity: this.#identity.stable, snapshot: undefined };
    }
    if (identity === "blank" || identity === "damaged") return { status: "lost" };
    const trusting = this.#host.defect("checksum-not-verified");
    const content = await this.#logFile.recover(identity.contentGeneration, trusting);
    const stored = await this.#snapshotFile.recover(trusting);
    const snapshot = typeof stored === "string" ? undefined : stored;
    if (content === undefined) {
      if (identity.markIndex > (snapshot?.index ?? 0) || stored === "damaged") return { status: "lost" };
      this.log.reset(snapshot ?? LOG_START);
      this.#mustRewrite = true;
    } else {
      this.log.reset(content.base, content.entries);
      if (content.base.index > (snapshot?.index ?? 0)) return { status: "lost" };
      if (!this.#reconcile(identity, snapshot, trusting)) return { status: "lost" };
      if (content.spoiltBytes > 0) this.#host.reached("raft: log-repaired");
    }
    this.#synced = this.#mustRewrite ? (snapshot?.index ?? 0) : this.log.lastIndex;
    this.#record(identity.markIndex + 1, this.#synced);
    this.#mark();
    this.flush();
    return { status: "ready", identity, snapshot };
  }

  /** Begins anew with nothing but an identity. Resolves when that is durable. */
  async format(contentGeneration: number, term: number, vote: string | null): Promise<void> {
    const identity: Identity = { term, vote, markIndex: 0, markChain: 0, contentGeneration };
    this.#begin();
    this.log.reset(LOG_START);
    for (;;) {
      try {
        await this.#identity.format(identity);
        this.#snapshotFile.remove();
        await this.#logFile.rewrite(this.log, contentGeneration);
        break;
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        await this.#host.sleep(DISK_RETRY_AFTER);
      }
    }
    this.#truncatedFrom = contentGeneration > 1 ? 1 : undefined;
    this.#synced = 0;
    this.#cutAt = undefined;
    this.#mustRewrite = false;
    this.#logBusy = false;
  }

  /** Brings log, snapshot and mark together; false when something acknowledged is missing. */
  #reconcile(identity: Identity, snapshot: Snapshot | undefined, trusting: boolean): boolean {
    const { log } = this;
    const { markIndex, markChain } = identity;
    const marked = log.mark(markIndex);
    // What was marked up to the snapshot is in it, or was overruled by it.
    const reaches =
      markIndex <= (snapshot?.index ?? 0) ||
      (marked !== undefined && (trusting || marked.chain === markChain));
    if (!reaches && !this.#host.defect("ack-unsynced-after-fsync-failure")) return false;
    if (snapshot === undefined || log.mark(snapshot.index)?.chain === snapshot.chain) return true;
    // The log ends before the snapshot, or has another past than the one that was committed: its rest is void.
    log.reset(snapshot);
    this.#mustRewrite = true;
    return true;
  }

  #needsMaintenance(): boolean {
    return this.#cutAt !== undefined || this.#mustRewrite || this.#snapshot !== undefined;
  }

  #begin(): void {
    this.#logBusy = true;
    this.#busySince = this.#host.clock.monotonic();
  }

  #append(): boolean {
    const { log } = this;
    const from = this.#logFile.lastIndex + 1;
    if (from > log.lastIndex) return true;
    try {
      this.#logFile.append(log.slice(from, Number.MAX_SAFE_INTEGER));
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      this.#refusedAt = this.#host.clock.monotonic();
      this.#retryLater();
      return false;
    }
    this.#syncing = log.lastIndex;
    this.#begin();
    this.#logFile.sync().then(this.#onSynced, this.#onFailed);
    return true;
  }

  #retryLater(): void {
    if (this.#isRetrying) return;
    this.#isRetrying = true;
    this.#host.after(DISK_RETRY_AFTER, () => {
      this.#isRetrying = false;
      this.flush();
    });
  }

  readonly #onSynced = (): void => {
    this.#logBusy = false;
    this.#advance(this.#syncing);
    this.flush();
    if (!this.#logBusy) this.#listener.onIdle();
  };

  readonly #onFailed = (error: unknown): void => {
    if (!(error instanceof DiskError)) throw error;
    if (this.#host.defect("ack-unsynced-after-fsync-failure")) {
      this.#onSynced();
      return;
    }
    this.#mustRewrite = true;
    this.#listener.onTrouble();
    this.#logBusy = false;
    this.flush();
  };

  /** The log file is durable up to an index, or up to where the log was cut meanwhile. */
  #advance(index: number): void {
    const synced = this.#cutAt !== undefined && this.#cutAt < index ? this.#cutAt : index;
    if (synced <= this.#synced) return;
    invariant(synced <= this.log.lastIndex, "no more is synced than is in the log");
    this.#record(this.#synced + 1, synced);
    this.#synced = synced;
    this.#mark();
  }

  /** What the disk needs before it can take appends again, most urgent first. */
  async #maintain(): Promise<void> {
    for (;;) {
      let done = true;
      if (this.#snapshot !== undefined) done = await this.#writeSnapshot(this.#snapshot);
      else if (this.#mustRewrite) done = await this.#rewrite();
      else if (this.#cutAt !== undefined) await this.#cutFile(this.#cutAt);
      else break;
      if (!done) await this.#host.sleep(DISK_RETRY_AFTER);
    }
    this.#logBusy = false;
    this.#append();
    if (!this.#logBusy) this.#listener.onIdle();
  }

  async #writeSnapshot(job: { readonly snapshot: Snapshot; readonly keepAfter: number }): Promise<boolean> {
    const { snapshot } = job;
    const resets = this.#resets;
    const saved = await this.#snapshotFile.save(snapshot);
    if (this.#snapshot !== job) return true; // a newer one has come meanwhile
    // One's own snapshot can wait for another occasion; when the log began anew the leader's is all there is.
    if (!saved && this.#mustRewrite) return false;
    this.#snapshot = undefined;
    if (!saved || resets !== this.#resets) return true;
    if (!this.#mustRewrite) {
      this.log.compactTo(Math.min(job.keepAfter, this.#synced));
      await this.#compactFile();
    } else if (this.#synced < snapshot.index) {
      this.#synced = snapshot.index;
      this.#mark();
    }
    return true;
  }

  /** The file without what a snapshot covers. When the disk refuses, the file is written anew later. */
  async #compactFile(): Promise<void> {
    if (!(await this.#rewrite())) this.#mustRewrite = true;
  }

  /** Writes the file anew from memory; false when the disk would not. */
  async #rewrite(): Promise<boolean> {
    await this.#markFollows();
    if (this.#snapshot !== undefined) return true;
    const resets = this.#resets;
    const target = this.log.lastIndex;
    const isRepair = this.#mustRewrite;
    this.#cutAt = undefined;
    try {
      await this.#logFile.rewrite(this.log, this.#identity.contentGeneration);
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
    if (resets !== this.#resets) return true;
    this.#mustRewrite = false;
    if (isRepair) this.#host.reached("raft: log-repaired");
    this.#advance(target);
    return true;
  }

  async #cutFile(at: number): Promise<void> {
    await this.#markFollows();
    if (this.#cutAt !== at || this.#mustRewrite) return;
    this.#cutAt = undefined;
    this.#logFile.cutAfter(at);
  }

  /** Takes the mark back, durably, before something marked is dropped. */
  async #markFollows(): Promise<void> {
    while (this.#identity.stable.markIndex > this.#synced && this.log.mark(this.#synced) !== undefined) {
      this.#mark();
      await this.#identity.nextStable();
    }
  }

  /** The mark goes where the log is synced to. */
  #mark(): void {
    const mark = this.log.mark(this.#synced);
    if (mark !== undefined) this.#identity.saveMark(mark);
  }

  #record(from: number, to: number): void {
    const writes: Write[] = [];
    if (this.#truncatedFrom !== undefined) writes.push({ key: "truncate", value: this.#truncatedFrom });
    this.#truncatedFrom = undefined;
    for (let index = from; index <= to; index++) {
      const entry = this.log.get(index);
      if (entry === undefined) continue; // compacted: it was recorded before
      const { term, digest, payload } = entry;
      const isChange = payload.kind === "members";
      writes.push({
        key: String(index),
        value: isChange ? { term, digest, members: true } : { term, digest },
      });
    }
    if (writes.length === 0) return;
    this.#host.record({ kind: "durable", store: this.#logStore, txn: to, writes });
  }
}
