/** What Raft promises, watched while a universe runs. */
import type { HistoryEvent } from "../../../src/sim/history.js";
import type { Json } from "../../../src/sim/plan.js";
import type { Cluster } from "./cluster.js";

export class Invariants {
  readonly violations: string[] = [];
  readonly #cluster: Cluster;
  /** Who led in which term: `group/term`. */
  readonly #leaders = new Map<string, string>();
  /** Chain of the newest committed entry. */
  #committed = { index: 0, chain: 0, term: 0 };
  readonly #applied = new Map<string, string>();
  readonly #entries = new Map<string, string>();
  commits = 0;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    cluster.world.history.on((event) => this.#on(event));
  }

  #violated(message: string): void {
    this.violations.push(`${this.#cluster.world.now}: ${message}`);
  }

  #on(event: HistoryEvent): void {
    if (event.kind === "state" && event.entity === "raft" && event.to === "leader") {
      this.#onLeader(event.host, Number(event.detail.term));
    } else if (event.kind === "state" && event.entity === "commit") {
      this.#onCommit(event.host, Number(event.to), Number(event.detail.term));
    } else if (event.kind === "durable" && event.store.startsWith("ledger@")) {
      this.#once(
        this.#applied,
        `index ${event.txn}`,
        event.writes,
        "two replicas applied different commands at",
      );
    } else if (event.kind === "durable" && event.store.startsWith("raft/")) {
      for (const { key, value } of event.writes) {
        if (key === "truncate") continue;
        const { term, digest } = value as { term: number; digest: number };
        this.#once(this.#entries, `index ${key} term ${term}`, digest, "two different entries at");
      }
    }
  }

  #once(known: Map<string, string>, key: string, value: unknown, complaint: string): void {
    const text = JSON.stringify(value as Json);
    const before = known.get(key);
    if (before === undefined) known.set(key, text);
    else if (before !== text && !isSnapshot(before) && !isSnapshot(text)) {
      this.#violated(`${complaint} ${key}: ${before} and ${text}`);
    }
  }

  #onLeader(host: string, term: number): void {
    const other = this.#leaders.get(String(term));
    if (other !== undefined) this.#violated(`${other} and ${host} both led in term ${term}`);
    this.#leaders.set(String(term), host);
    const { index, chain, term: committedIn } = this.#committed;
    if (term <= committedIn) return; // elected late, for a term that is over: it will commit nothing
    const { log } = this.#cluster.member(host);
    if (index > log.base.index && log.mark(index)?.chain !== chain) {
      this.#violated(`${host} leads in term ${term} without what was committed at ${index}`);
    }
  }

  #onCommit(host: string, index: number, term: number): void {
    this.commits++;
    const mark = this.#cluster.member(host).log.mark(index);
    if (mark === undefined || index <= this.#committed.index) return;
    this.#committed = { index, chain: mark.chain, term };
  }
}

function isSnapshot(text: string): boolean {
  return text.includes('"snapshot"');
}
