/**
 * The queue's own order: G4.
 *
 * Every apply of a record by any replica, replays after restarts included, is held against the first one.
 * What is not verified: records that a replica has from a snapshot, of which only a digest is recorded, and
 * replicas of an older content generation while they apply nothing.
 */
import type { HistoryEvent } from "seedstorm";
import { type Property, short, when, where } from "seedstorm/check";
import { committedState } from "../../replication/properties/committed.js";
import type { RecordChange } from "./changes.js";
import { pipelineState } from "./state.js";

export const replicasHoldTheSameRecords: Property = {
  id: "replicas-hold-the-same-records",
  alias: "G4",
  kind: "always",
  sentence: "Offsets are dense, and an offset has the same content hash on every replica.",
  subscribes: ["durable"],
  start(context) {
    const committed = context.view(committedState);
    const state = context.view(pipelineState);
    let next = 0;
    let last: HistoryEvent | undefined;

    function appended(change: RecordChange, event: HistoryEvent): void {
      context.checked();
      const record = state.records.get(change.offset);
      const expected = next;
      if (change.offset > expected) {
        const before = last === undefined ? "as the first of all" : `after ${expected - 1} ${when(last)}`;
        context.violated(
          `gap at ${expected}`,
          `Offset ${change.offset} was committed ${where(event)} ${before}: offset ${expected} was left out.`,
          last === undefined ? [event] : [last, event],
        );
      } else if (change.offset < expected && record !== undefined && record.event !== event) {
        context.violated(
          `offset ${change.offset}`,
          `Offset ${change.offset} was given twice: to ${record.key} ${when(record.event)} and to ${change.key} ${when(event)}.`,
          [record.event, event],
        );
      }
      if (change.offset >= expected) {
        next = change.offset + 1;
        last = event;
      }
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of === "record" && change.key !== "") appended(change, event);
        }
        if (committed.repeat?.group === "orders") context.checked();
        for (const change of state.conflicts) {
          if (change.of !== "record") continue;
          const record = state.records.get(change.offset);
          context.checked();
          if (record === undefined || record.sha256 === change.sha256) continue;
          context.violated(
            `offset ${change.offset}`,
            `Offset ${change.offset} is ${record.key} (${short(record.sha256)}) ${where(record.event)} but ${change.key} (${short(change.sha256)}) ${where(event)}.`,
            [record.event, event],
          );
        }
      },
    };
  },
};
