/**
 * What the name of a durable store says, and that of a state: `orders@aws-a` is a replica's copy of a resource, `raft/orders@aws-a` its
 * log, `vote/orders@aws-a` its vote; anything else is a store of its own. Names are few and come by the thousand,
 * so each is taken apart once a run, and looked up once an event.
 */
import type { HistoryEvent } from "seedstorm";
import type { Check, ViewKind } from "seedstorm/check";

export interface StoreName {
  readonly of: "resource" | "log" | "vote" | "other";
  /** The replication group, which bears the resource's name; the store's name where there is no group. */
  readonly group: string;
  /** The replica's host; empty where there is none. */
  readonly host: string;
  /** `orders@aws-a`: the member of the group, whatever of it is stored. */
  readonly member: string;
}

const NONE: StoreName = { of: "other", group: "", host: "", member: "" };

class StoreOfEvent implements Check {
  /** The store of the durable fact at hand. */
  name: StoreName = NONE;
  readonly #known = new Map<string, StoreName>();

  on(event: HistoryEvent): void {
    if (event.kind !== "durable") return;
    let name = this.#known.get(event.store);
    if (name === undefined) {
      name = parse(event.store);
      this.#known.set(event.store, name);
    }
    this.name = name;
  }
}

/** Reads durable facts; ask for `name` while one is at hand. */
export const storeOfEvent: ViewKind<StoreOfEvent> = {
  subscribes: ["durable"],
  start: () => new StoreOfEvent(),
};
export type { StoreOfEvent };

function parse(store: string): StoreName {
  const at = store.lastIndexOf("@");
  if (at < 0) return { of: "other", group: store, host: "", member: store };
  const slash = store.indexOf("/");
  const prefix = slash < 0 ? "" : store.slice(0, slash);
  const of = prefix === "raft" ? "log" : prefix === "vote" ? "vote" : "resource";
  const member = of === "resource" ? store : store.slice(slash + 1);
  return { of, ...memberOf(member), member };
}

/** A member by its group and its host. */
export interface Member {
  readonly group: string;
  readonly host: string;
}

const NOBODY: Member = { group: "", host: "" };

class MemberOfEvent implements Check {
  /** The member that the state at hand is of; its host is empty where it is a whole group's. */
  member: Member = NOBODY;
  readonly #known = new Map<string, Member>();

  on(event: HistoryEvent): void {
    if (event.kind !== "state") return;
    let member = this.#known.get(event.name);
    if (member === undefined) {
      member = memberOf(event.name);
      this.#known.set(event.name, member);
    }
    this.member = member;
  }
}

/** Reads state facts; ask for `member` while one is at hand. */
export const memberOfEvent: ViewKind<MemberOfEvent> = {
  subscribes: ["state"],
  start: () => new MemberOfEvent(),
};

/** Group and host of a member, `orders@aws-a`. */
export function memberOf(member: string): Member {
  const at = member.lastIndexOf("@");
  return at < 0 ? { group: member, host: "" } : { group: member.slice(0, at), host: member.slice(at + 1) };
}
