/**
 * Keeps a member's identity durable: term, vote and mark change often, several at a time, and are written one state after
 * the other. A state that the disk would not take is written again; nothing counts before it is durable.
 */
import { DiskError, type Host } from "seedstorm";
import { invariant } from "../invariant.js";
import { type Identity, IdentityFile } from "./identity-file.js";
import type { LogMark } from "./log.js";
import { DISK_RETRY_AFTER } from "./settings.js";

const NOBODY: Identity = { term: 0, vote: null, markIndex: 0, markChain: 0, contentGeneration: 0 };

export class IdentityKeeper {
  readonly #host: Host;
  readonly #file: IdentityFile;
  readonly #store: string;
  readonly #onStable: () => void;
  readonly #onTrouble: () => void;
  /** What should be durable, what is being written, and what is durable. */
  #wanted = NOBODY;
  #saving = NOBODY;
  #stable = NOBODY;
  /** The term that this life began with. */
  #firstTerm = 0;
  #isBusy = false;
  #isDirty = false;
  #waiting: (() => void)[] = [];

  constructor(host: Host, group: string, onStable: () => void, onTrouble: () => void) {
    this.#host = host;
    this.#file = new IdentityFile(host.disk, `${group}/identity`);
    this.#store = `vote/${group}@${host.id}`;
    this.#onStable = onStable;
    this.#onTrouble = onTrouble;
  }

  get stable(): Identity {
    return this.#stable;
  }

  get contentGeneration(): number {
    return this.#wanted.contentGeneration;
  }

  /** Reads what the disk kept; see `IdentityFile.recover`. Resolves when it is whole on the disk again. */
  async recover(): Promise<Identity | "blank" | "damaged"> {
    const recovered = await this.#file.recover();
    if (typeof recovered === "string") return recovered;
    while (!this.#file.isWhole) await this.#restore(recovered);
    this.#adopt(recovered);
    return recovered;
  }

  /** Begins anew under another identity. Rejects with DiskError. */
  async format(identity: Identity): Promise<void> {
    await this.#file.format(identity);
    this.#adopt(identity);
    if (identity.term > 0) this.#record();
  }

  saveVote(term: number, vote: string | null): void {
    this.#wanted = { ...this.#wanted, term, vote };
    this.#save();
  }

  /** The log is acknowledged up to this mark from now on, or no further than that. */
  saveMark({ index: markIndex, chain: markChain }: LogMark): void {
    const { term, vote, contentGeneration } = this.#wanted;
    if (markIndex === this.#wanted.markIndex && markChain === this.#wanted.markChain) return;
    this.#wanted = { term, vote, markIndex, markChain, contentGeneration };
    this.#save();
  }

  /** Resolves when another state has become durable. */
  nextStable(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async #restore(identity: Identity): Promise<void> {
    this.#file.write(identity);
    try {
      await this.#file.sync();
      this.#file.written();
    } catch (error) {
      if (!(error instanceof DiskError)) throw error;
      await this.#host.sleep(DISK_RETRY_AFTER);
    }
  }

  #adopt(identity: Identity): void {
    this.#wanted = identity;
    this.#stable = identity;
    this.#firstTerm = identity.term;
  }

  #save(): void {
    if (this.#isBusy) {
      this.#isDirty = true;
      return;
    }
    this.#isBusy = true;
    this.#saving = this.#wanted;
    const isTermAlone =
      this.#saving.term !== this.#stable.term && this.#host.defect("vote-written-after-its-term");
    this.#isDirty = isTermAlone;
    const term = this.#host.defect("term-not-persisted") ? this.#firstTerm : this.#saving.term;
    const vote = isTermAlone || this.#host.defect("vote-not-persisted") ? null : this.#saving.vote;
    this.#file.write(this.#saving, term, vote);
    this.#file.sync().then(this.#onSaved, this.#onFailed);
  }

  readonly #onSaved = (): void => {
    const { term, vote } = this.#stable;
    invariant(this.#saving.term >= term, "a later term is never replaced on the disk by an earlier one");
    this.#file.written();
    this.#isBusy = false;
    this.#stable = this.#saving;
    if (this.#stable.term !== term || this.#stable.vote !== vote) this.#record();
    if (this.#isDirty) this.#save();
    if (this.#waiting.length > 0) {
      const waiting = this.#waiting;
      this.#waiting = [];
      for (const resolve of waiting) resolve();
    }
    this.#onStable();
  };

  readonly #onFailed = (error: unknown): void => {
    if (!(error instanceof DiskError)) throw error;
    this.#onTrouble();
    this.#host.after(DISK_RETRY_AFTER, () => {
      this.#isBusy = false;
      this.#save();
    });
  };

  #record(): void {
    const { term, vote } = this.#stable;
    this.#host.record({
      kind: "durable",
      store: this.#store,
      txn: term,
      writes: [{ key: "vote", value: vote }],
    });
  }
}
