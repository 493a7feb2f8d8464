/**
 * Transactions are serializable: each that commits saw what it would have seen if it had run alone, at its place in the
 * order of commits; one that wrote nothing, at its snapshot.
 *
 * It is judged from what each transaction says that it saw (versions of keys, and what its scans found) and from what
 * became durable in which order. Not judged: that a snapshot is recent.
 */
import type { EventOf } from "seedstorm";
import { ensure, type Property, when } from "seedstorm/check";

interface Seen {
  readonly txn: number;
  readonly snapshot: number;
  readonly keys: readonly SeenKey[];
  readonly ranges: readonly {
    readonly prefix: string;
    readonly last?: string;
    readonly until?: number;
    readonly found: readonly SeenKey[];
  }[];
  readonly written: readonly { readonly key: string; readonly deleted: boolean; readonly due?: number }[];
}

interface SeenKey {
  readonly key: string;
  readonly version: number;
}

interface KeyVersion {
  readonly txn: number;
  readonly exists: boolean;
  readonly due: number | undefined;
  readonly event: EventOf<"durable">;
}

interface StoreState {
  readonly versions: Map<string, KeyVersion[]>;
  /** Transactions that were judged, and are not durable as far as is known. */
  readonly judged: Map<number, { readonly seen: Seen; readonly event: EventOf<"state"> }>;
}

export const serializable: Property = {
  id: "store-serializable",
  kind: "always",
  sentence: "Every committed transaction saw what it would have seen alone, in the order of commits.",
  subscribes: ["state", "durable"],
  start(context) {
    const stores = new Map<string, StoreState>();

    function judge(store: StoreState, name: string, seen: Seen, at: number, event: EventOf<"state">): void {
      const shown = (key: string): KeyVersion | undefined =>
        store.versions.get(key)?.findLast(({ txn }) => txn <= at);
      const differs = (key: string, version: number, found: KeyVersion | undefined): void => {
        const there = found === undefined || !found.exists ? "nothing" : `version ${found.txn}`;
        const saw = version === 0 ? "nothing" : `version ${version}`;
        context.violated(
          `${name}/${event.from}`,
          `Transaction ${event.from} of ${name} saw ${saw} of ${key}, and at its place in the order, after ${at}, there was ${there} (judged ${when(event)}).`,
          found === undefined ? [event] : [event, found.event].sort((a, b) => a.id - b.id),
        );
      };
      for (const { key, version } of seen.keys) {
        const found = shown(key);
        context.checked();
        if (version === (found?.exists ? found.txn : 0)) continue;
        differs(key, version, found);
        return;
      }
      for (const { prefix, last, until, found } of seen.ranges) {
        const saw = new Map(found.map(({ key, version }) => [key, version]));
        context.checked();
        for (const key of store.versions.keys()) {
          if (!key.startsWith(prefix) || (last !== undefined && key > last)) continue;
          const there = shown(key);
          const isIn =
            there?.exists === true &&
            (until === undefined || (there.due !== undefined && there.due <= until));
          const version = saw.get(key) ?? 0;
          if (version === (isIn ? there.txn : 0)) continue;
          differs(key, version, there);
          return;
        }
      }
    }

    return {
      on(event) {
        if (event.kind === "state" && event.entity === "transaction") {
          const store = ensure(stores, event.name, () => ({ versions: new Map(), judged: new Map() }));
          const seen = event.detail as unknown as Seen; // as the store records it
          if (seen.txn === 0) judge(store, event.name, seen, seen.snapshot, event);
          else store.judged.set(seen.txn, { seen, event });
        } else if (event.kind === "durable") {
          const store = stores.get(event.store);
          const judged = store?.judged.get(event.txn);
          if (store === undefined || judged === undefined) return;
          store.judged.delete(event.txn);
          judge(store, event.store, judged.seen, event.txn - 1, judged.event);
          for (const { key, deleted, due } of judged.seen.written) {
            const version: KeyVersion = { txn: event.txn, exists: !deleted, due, event };
            ensure(store.versions, key, () => []).push(version);
          }
        }
      },
    };
  },
};
