/**
 * What the name of a durable store says: `orders@aws-a` is a replica's copy of a resource, `raft/orders@aws-a`
 * its log, `vote/orders@aws-a` its vote; anything else is a store of its own. Names are few and come by the thousand, so each is taken
 * apart once.
 */

export interface StoreName {
  readonly of: "resource" | "log" | "vote" | "other";
  /** The replication group, which bears the resource's name; the store's name where there is no group. */
  readonly group: string;
  /** The replica's host; empty where there is none. */
  readonly host: string;
}

export class StoreNames {
  readonly #known = new Map<string, StoreName>();

  get(store: string): StoreName {
    let name = this.#known.get(store);
    if (name === undefined) {
      name = parse(store);
      this.#known.set(store, name);
    }
    return name;
  }
}

function parse(store: string): StoreName {
  const at = store.lastIndexOf("@");
  if (at < 0) return { of: "other", group: store, host: "" };
  const host = store.slice(at + 1);
  const path = store.slice(0, at);
  if (path.startsWith("raft/")) return { of: "log", group: path.slice(5), host };
  if (path.startsWith("vote/")) return { of: "vote", group: path.slice(5), host };
  return { of: "resource", group: path, host };
}

/** Group and host of a member's id, `orders@aws-a`. */
export function memberOf(id: string): { readonly group: string; readonly host: string } {
  const at = id.lastIndexOf("@");
  return at < 0 ? { group: id, host: "" } : { group: id.slice(0, at), host: id.slice(at + 1) };
}
