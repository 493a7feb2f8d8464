/**
 * What replicas make of their logs: every one applies the same, and leaves nothing out.
 *
 * Replicas are compared by what they wrote at each log index. After a restart a replica may begin again anywhere at
 * or before where it stood, so what it leaves out just then can't be seen; nor can commands that wrote nothing.
 * Snapshots are compared by their digests, where there is one.
 */

import { ensure, fields, list, type Property, text, where, whole } from "seedstorm/check";
import { committedState, type DurableEvent, isSnapshot } from "./committed.js";
import { storeOfEvent } from "./stores.js";

/** Where a replica stands in its group's list of applied indexes; undefined after a boot, until it applies again. */
type Position = number | undefined;

/** A group's applied indexes that wrote something, ascending, each with its place. */
interface Applied {
  readonly events: DurableEvent[];
  readonly places: Map<number, number>;
}

export const stateMachineSafety: Property = {
  id: "raft-state-machine-safety",
  kind: "always",
  sentence: "No two replicas apply different commands at one log index, and none leaves one out.",
  subscribes: ["durable", "host"],
  start(context) {
    const committed = context.view(committedState);
    const store = context.view(storeOfEvent);
    const groups = new Map<string, Applied>();
    const positions = new Map<string, Position>();
    const storesOfHost = new Map<string, Set<string>>();
    /** Hosts that have lived before: they may have a snapshot that they had no time to tell of. */
    const rebooted = new Set<string>();
    const snapshots = new Map<string, DurableEvent>();

    function groupOf(group: string): Applied {
      return ensure(groups, group, () => ({ events: [], places: new Map() }));
    }

    function moveTo(event: DurableEvent, host: string, position: Position): void {
      positions.set(event.store, position);
      ensure(storesOfHost, host, () => new Set<string>()).add(event.store);
    }

    function installed(event: DurableEvent, group: string, host: string): void {
      const value = fields(event.writes[0]?.value);
      const digest = value?.digest;
      const key = `${group} ${event.txn}`;
      const first = snapshots.get(key);
      // A witness keeps no content: its digest is 0.
      if (first === undefined && digest !== 0) snapshots.set(key, event);
      else if (first !== undefined && digest !== 0) {
        context.checked();
        const before = fields(first.writes[0]?.value)?.digest;
        if (before !== digest) {
          context.violated(
            `${group}: snapshot ${event.txn}`,
            `The snapshots of ${group} at index ${event.txn} differ: ${String(before)} ${where(first)} and ${String(digest)} ${where(event)}.`,
            [first, event],
          );
        }
      }
      const { events } = groupOf(group);
      let position = events.length - 1;
      while (position >= 0 && (events[position]?.txn ?? 0) > event.txn) position--;
      moveTo(event, host, position);
    }

    function applies(event: DurableEvent, group: string, host: string): void {
      const applied = groupOf(group);
      let place = applied.places.get(event.txn);
      const last = applied.events[applied.events.length - 1];
      context.checked();
      if (place === undefined) {
        if (last !== undefined && last.txn > event.txn) {
          context.violated(
            `${group}: index ${event.txn}`,
            `${host} applied a command at index ${event.txn} of ${group} ${where(event)} that nobody else had, when others were at index ${last.txn} already (${where(last)}).`,
            [last, event],
          );
          return;
        }
        place = applied.events.length;
        applied.events.push(event);
        applied.places.set(event.txn, place);
      }
      const start = rebooted.has(host) ? undefined : -1;
      const before = positions.has(event.store) ? positions.get(event.store) : start;
      moveTo(event, host, place);
      if (before === undefined || place <= before + 1) return;
      const skipped = applied.events[before + 1];
      if (skipped === undefined || skipped === event) return;
      context.violated(
        `${group}: index ${skipped.txn}`,
        `${host} left out index ${skipped.txn} of ${group}, which was applied ${where(skipped)}: it went on with index ${event.txn} ${where(event)}.`,
        [skipped, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "host") {
          if (event.phase !== "boot") return;
          if (event.incarnation > 1) rebooted.add(event.host);
          for (const store of storesOfHost.get(event.host) ?? []) positions.set(store, undefined);
          return;
        }
        if (event.kind !== "durable") return;
        const { of, group, host } = store.name;
        if (of !== "resource") return;
        if (isSnapshot(event)) {
          installed(event, group, host);
          return;
        }
        const { conflict } = committed;
        if (conflict !== undefined) {
          const first = conflict.committed;
          context.checked();
          context.violated(
            `${group}: index ${first.index}`,
            `Replicas of ${group} applied different commands at index ${first.index}: one wrote ${keysOf(first.event)} ${where(first.event)}, another wrote ${keysOf(event)} ${where(event)}.`,
            [first.event, event],
          );
        }
        applies(event, group, host);
      },
    };
  },
};

function keysOf(event: DurableEvent): string {
  return list(
    event.writes.map(({ key, value }) => {
      const content = text(value, "key") || text(value, "state") || String(whole(value, "version") ?? "");
      return content === "" ? key : `${key} (${content})`;
    }),
    3,
  );
}
