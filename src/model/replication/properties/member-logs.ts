/**
 * What each member has in its durable log, as far as the history tells.
 *
 * Entries are followed as they are synced; what a member finds on its disk when it begins a life overrules what it
 * had before. A member that lost its content says so, and has nothing then. Not known: what it holds in memory only,
 * and entries that it has from a snapshot.
 */
import type { HistoryEvent, Json } from "seedstorm";
import { type Check, ensure, type ViewKind, whole } from "seedstorm/check";
import { changesMembers } from "../facts.js";
import { type DurableEvent, isSnapshot } from "./committed.js";
import { type StoreOfEvent, storeOfEvent } from "./stores.js";

/** The terms of a member's durable entries, by index; holes where it has a snapshot or nothing is known. */
type Terms = (number | undefined)[];

const newLog = (): Terms => [];

export class MemberLogs implements Check {
  readonly #store: StoreOfEvent;
  readonly #logs = new Map<string, Terms>();
  /** By member: the index of the newest change of members in its log. */
  readonly #changes = new Map<string, number>();
  /** Members by host, and which of them have not spoken since it booted. */
  readonly #booted = new Set<string>();

  constructor(store: StoreOfEvent) {
    this.#store = store;
  }

  /** The term of a member's entry; undefined when it isn't known. */
  termAt(member: string, index: number): number | undefined {
    return this.#logs.get(member)?.[index];
  }

  /** The index of a member's last entry; 0 when nothing is known of it. */
  lastIndex(member: string): number {
    return Math.max(0, (this.#logs.get(member)?.length ?? 0) - 1);
  }

  /** The index of the newest change of members that is in the log of any member of a group; 0 when none is. */
  newestChange(group: string): number {
    let newest = 0;
    for (const [member, index] of this.#changes)
      if (member.startsWith(`${group}@`) && index > newest) newest = index;
    return newest;
  }

  on(event: HistoryEvent): void {
    switch (event.kind) {
      case "host":
        if (event.phase === "boot") for (const member of this.#logs.keys()) this.#reboots(member, event.host);
        return;
      case "state":
        if (event.entity === "raft") this.#speaks(event.name, event.to, event.detail);
        return;
      case "durable":
        this.#stored(event);
        return;
      default:
    }
  }

  #reboots(member: string, host: string): void {
    if (member.endsWith(`@${host}`)) this.#booted.add(member);
  }

  /** The first that a member says in a life is what its disk kept. */
  #speaks(member: string, role: string, detail: Json): void {
    if (role === "recovering") {
      this.#logs.delete(member);
      this.#changes.delete(member);
    }
    if (!this.#booted.delete(member)) return;
    const log = this.#logs.get(member);
    const lastIndex = whole(detail, "lastIndex");
    if (log !== undefined && lastIndex !== undefined && lastIndex + 1 < log.length)
      log.length = lastIndex + 1;
  }

  #stored(event: DurableEvent): void {
    const { of, member } = this.#store.name;
    if (of === "log") {
      const log = ensure(this.#logs, member, newLog);
      this.#written(log, event);
      this.#changed(member, log, event);
    } else if (of === "resource" && isSnapshot(event)) {
      const log: Terms = [];
      const { value } = event.writes[0] ?? { value: null };
      log[event.txn] = whole(value, "term");
      this.#logs.set(member, log);
    }
  }

  #changed(member: string, log: Terms, { writes }: DurableEvent): void {
    if ((this.#changes.get(member) ?? 0) >= log.length) this.#changes.delete(member);
    for (const { key, value } of writes) if (changesMembers(value)) this.#changes.set(member, Number(key));
  }

  #written(log: Terms, event: DurableEvent): void {
    for (const { key, value } of event.writes) {
      if (key === "truncate") {
        if (typeof value === "number" && value < log.length) log.length = Math.max(0, value);
        continue;
      }
      const index = Number(key);
      const term = whole(value, "term");
      // Another entry at a known index: what followed the old one is gone with it.
      if (log[index] !== term && index < log.length) log.length = index;
      log[index] = term;
    }
  }
}

export const memberLogs: ViewKind<MemberLogs> = {
  subscribes: ["durable", "state", "host"],
  start: (context) => new MemberLogs(context.view(storeOfEvent)),
};
