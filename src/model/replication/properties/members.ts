/**
 * Who belongs to a group changes one member at a time: with two changes under way, a majority of the oldest and one of
 * the newest configuration need not meet.
 *
 * Changes are recorded when they are committed, with their place in the log; whether one was in the log
 * before the one before it was committed is read from when entries became durable and when leaders advanced.
 * Not verified: changes that never commit, and what was in a log that was in memory only.
 */
import type { EventOf } from "seedstorm";
import { ensure, type Property, where, whole } from "seedstorm/check";
import type { DurableEvent } from "./committed.js";
import { memberOfEvent, storeOfEvent } from "./stores.js";

type StateEvent = EventOf<"state">;

interface Change {
  readonly index: number;
  readonly event: StateEvent;
}

interface Group {
  /** By index and term: when the entry was durable for the first time. */
  readonly entries: Map<string, DurableEvent>;
  /** Each advance of a leader beyond all before it. */
  readonly commits: { readonly index: number; readonly event: StateEvent }[];
  /** By generation: the change that made it. */
  readonly changes: Map<number, Change>;
}

const newGroup = (): Group => ({ entries: new Map(), commits: [], changes: new Map() });

export const oneChangeAtATime: Property = {
  id: "raft-one-change-at-a-time",
  kind: "always",
  sentence: "The members of a group change again only when the change before is committed.",
  subscribes: ["state", "durable"],
  start(context) {
    const store = context.view(storeOfEvent);
    const named = context.view(memberOfEvent);
    const groups = new Map<string, Group>();

    function written(event: DurableEvent): void {
      const { of, group } = store.name;
      if (of !== "log") return;
      const { entries } = ensure(groups, group, newGroup);
      for (const { key, value } of event.writes) {
        const entry = `${key} ${whole(value, "term") ?? ""}`;
        if (!entries.has(entry)) entries.set(entry, event);
      }
    }

    function committed(name: string, event: StateEvent): void {
      const { commits } = ensure(groups, name, newGroup);
      const index = Number(event.to);
      if (index > (commits.at(-1)?.index ?? 0)) commits.push({ index, event });
    }

    function changed(name: string, event: StateEvent): void {
      const group = ensure(groups, name, newGroup);
      const { entries, commits, changes } = group;
      const generation = Number(event.to);
      const index = whole(event.detail, "index") ?? 0;
      if (changes.has(generation)) return;
      changes.set(generation, { index, event });
      const before = changes.get(generation - 1);
      const entry = entries.get(`${index} ${whole(event.detail, "term") ?? ""}`);
      if (before === undefined || entry === undefined) return;
      const settled = commits.find((commit) => commit.index >= before.index)?.event;
      context.checked();
      if (settled === undefined || settled.id <= entry.id) return;
      context.violated(
        `change ${generation} of ${name}`,
        `The change of ${name} to generation ${generation} was in the log ${where(entry)}, before the one to generation ${generation - 1} was committed ${where(settled)}.`,
        [entry, settled, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "durable") written(event);
        else if (event.kind !== "state") return;
        else if (event.entity === "commit") committed(named.member.group, event);
        else if (event.entity === "membership") changed(event.name, event);
      },
    };
  },
};
