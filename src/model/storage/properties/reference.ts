/**
 * A plain store beside the real one: a map that takes what became durable, transaction by transaction. Whatever a committed
 * transaction read, key by key and scan by scan, must be what the map says just before it, under its own writes.
 *
 * Clients record their steps; the due times of entries stand in what the store records of the transactions that wrote them.
 */
import type { EventOf, Json, Micros } from "seedstorm";
import { ensure, type Property, when } from "seedstorm/check";

type Row = readonly [key: string, value: Json, due: Micros | null];

type Step =
  | readonly ["put", string, Json, Micros | null]
  | readonly ["delete", string]
  | readonly ["get", string, Json]
  | readonly ["prefix", string, number | null, readonly Row[]]
  | readonly ["due", string, Micros, number | null, readonly Row[]];

interface Version {
  readonly txn: number;
  /** Null when it was deleted. */
  readonly row: Row | null;
}

interface Written {
  readonly key: string;
  readonly due?: Micros;
}

/** @param entity by which clients record what a committed transaction did. */
export function readsShowTheStore(entity: string): Property {
  return {
    id: "store-reads-show-the-store",
    kind: "always",
    sentence:
      "A committed transaction read what the transactions before it had left and what it had written itself: every key, value and due time, in order, up to its limit.",
    subscribes: ["state", "durable"],
    start(context) {
      const versions = new Map<string, Version[]>();
      /** Of the store that clients use: there is one. */
      const judged = new Map<string, readonly Written[]>();

      function take(event: EventOf<"durable">): void {
        const name = `${event.store} ${event.txn}`;
        const written = judged.get(name);
        if (written === undefined) return;
        judged.delete(name);
        const dues = new Map(written.map(({ key, due }) => [key, due ?? null]));
        for (const { key, value } of event.writes) {
          const row = value === null ? null : ([key, value, dues.get(key) ?? null] as const);
          ensure(versions, key, () => []).push({ txn: event.txn, row });
        }
      }

      function rowsBefore(txn: number): Map<string, Row> {
        const rows = new Map<string, Row>();
        for (const [key, all] of versions) {
          const row = all.findLast((version) => version.txn < txn)?.row;
          if (row !== null && row !== undefined) rows.set(key, row);
        }
        return rows;
      }

      return {
        on(event) {
          if (event.kind === "durable") {
            take(event);
            return;
          }
          if (event.kind !== "state") return;
          if (event.entity === "transaction" && event.to === "judged") {
            const { txn, written } = event.detail as unknown as {
              readonly txn: number;
              readonly written: readonly Written[];
            }; // as the store records it
            judged.set(`${event.name} ${txn}`, written);
          }
          if (event.entity !== entity) return;
          const { steps } = event.detail as unknown as { readonly steps: readonly Step[] }; // as clients record it
          const rows = rowsBefore(Number(event.to));
          for (const step of steps) {
            const expected = carriedOut(rows, step);
            if (expected === undefined) continue;
            context.checked();
            const found = JSON.stringify(step[step.length - 1]);
            if (found === JSON.stringify(expected)) continue;
            context.violated(
              event.name,
              `Transaction ${event.to} of ${event.host} asked ${JSON.stringify(step.slice(0, -1))} and read ${found} (${when(event)}), where there was ${JSON.stringify(expected)}.`,
              [event],
            );
            return;
          }
        },
      };
    },
  };
}

/** What a step is to read; undefined for one that writes, which is done. */
function carriedOut(rows: Map<string, Row>, step: Step): Json | undefined {
  switch (step[0]) {
    case "put":
      rows.set(step[1], [step[1], step[2], step[3]]);
      return undefined;
    case "delete":
      rows.delete(step[1]);
      return undefined;
    case "get":
      return rows.get(step[1])?.[1] ?? null;
    case "prefix": {
      const found = [...rows.values()].filter(([key]) => key.startsWith(step[1]));
      return found.sort(byKey).slice(0, step[2] ?? found.length);
    }
    case "due": {
      const [, prefix, until, limit] = step;
      const found = [...rows.values()].filter(
        ([key, , due]) => key.startsWith(prefix) && due !== null && due <= until,
      );
      found.sort((a, b) => (a[2] ?? 0) - (b[2] ?? 0) || byKey(a, b));
      return found.slice(0, limit ?? found.length);
    }
  }
}

const byKey = ([a]: Row, [b]: Row): number => (a < b ? -1 : a > b ? 1 : 0);
