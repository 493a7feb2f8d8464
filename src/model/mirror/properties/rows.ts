/**
 * What clusters write to the log: the states that they have handled, each once, and changes that follow what stands there. A write
 * that was refused is not among them.
 *
 * Rows are compared with what primaries say that they have handled and with each other. Not verified: rows that people put there by
 * hand, and in which fields of a row a refused value may stand that somebody else has written as well.
 */
import type { EventOf } from "seedstorm";
import { ensure, fields, type Property, text, when, where, whole } from "seedstorm/check";
import { type DurableEvent, mirrorState, type Row } from "./state.js";

const newSequences = (): Set<number> => new Set();

/** Under one epoch a grain is written by one cluster. */
const nameOf = (grain: string, epoch: number, source: string): string => `${grain} ${epoch} ${source}`;

export const rowsAreAsHandled: Property = {
  id: "log-rows-are-as-handled",
  kind: "always",
  sentence:
    "A cluster writes what it has handled under that epoch, each state once: it goes on behind another sequence only where somebody else's row has taken its place.",
  subscribes: ["durable", "publish"],
  start(context) {
    const clusters = new Set(
      context.plan.topology.filter(({ role }) => role === "cluster").map(({ id }) => id),
    );
    const state = context.view(mirrorState);
    const handled = new Map<string, Set<number>>();
    /** The newest row of each cluster under each epoch. */
    const own = new Map<string, Row>();

    function judge(row: Row, event: DurableEvent): void {
      const { grain, sequence, epoch, source } = row;
      if (!clusters.has(source)) return;
      const name = nameOf(grain, epoch, source);
      const before = own.get(name);
      own.set(name, row);
      context.checked();
      if (handled.get(name)?.has(sequence) === true) return;
      const from = before?.sequence ?? 0;
      const { rows } = state.log(grain);
      const isTaken = rows.some(
        (other) =>
          other.sequence > from &&
          other.sequence < sequence &&
          (other.source !== source || other.epoch !== epoch),
      );
      if (isTaken) return;
      const instead = before === undefined ? "" : `, after ${from} ${when(before.event)}`;
      context.violated(
        grain,
        `${source} wrote sequence ${sequence} of ${grain} under epoch ${epoch} ${where(event)}${instead}: it has handled no such state, and nobody else's row stood in its way.`,
        before === undefined ? [event] : [before.event, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "publish") {
          const name = nameOf(event.stream, Number(event.deliveryId), event.host);
          ensure(handled, name, newSequences).add(event.sequence);
        } else if (event.kind === "durable") {
          for (const change of state.changes) if (change.of === "row") judge(change.row, event);
        }
      },
    };
  },
};

export const changesFollow: Property = {
  id: "log-changes-follow",
  kind: "always",
  sentence:
    "A change that a cluster writes to the log follows the state before it, so that a reader can replay it.",
  subscribes: ["durable"],
  start(context) {
    const clusters = new Set(
      context.plan.topology.filter(({ role }) => role === "cluster").map(({ id }) => id),
    );
    const state = context.view(mirrorState);
    /** By grain: the newest row that can be decoded. */
    const newest = new Map<string, Row>();

    function judge(row: Row): void {
      const { grain, sequence, source, event } = row;
      const before = newest.get(grain);
      newest.set(grain, row);
      if (row.type !== "delta" || !clusters.has(source)) return;
      const after = whole(row.value, "after") ?? 0;
      context.checked();
      if (before?.sequence === after) return;
      context.violated(
        grain,
        `${source} wrote a change at sequence ${sequence} of ${grain} ${when(event)} that follows ${after}, but ${before === undefined ? "nothing stands" : `${before.sequence} stands`} before it.`,
        before === undefined ? [event] : [before.event, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes)
          if (change.of === "row" && change.row.type !== "other") judge(change.row);
      },
    };
  },
};

export const refusedWritesAreNotDone: Property = {
  id: "refused-writes-are-not-done",
  kind: "always",
  sentence: "A write that an application was refused is in no state of the log.",
  subscribes: ["client", "durable"],
  start(context) {
    const state = context.view(mirrorState);
    /** By grain and value, which is written once. */
    const refused = new Map<string, EventOf<"client">>();
    const written = new Map<string, Row>();

    function violated(name: string, answer: EventOf<"client">, row: Row): void {
      context.violated(
        row.grain,
        `The write ${name} was refused ${when(answer)}, and it is in the state at sequence ${row.sequence}, which ${row.source} wrote ${when(row.event)}.`,
        [answer, row.event],
      );
    }

    return {
      on(event) {
        if (event.kind === "client") {
          if (event.operation !== "write" || event.phase !== "fail") return;
          const name = `${text(event.value, "value")} to ${event.key}`;
          refused.set(name, event);
          const row = written.get(name);
          context.checked();
          if (row !== undefined) violated(name, event, row);
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of !== "row") continue;
            for (const value of Object.values(fields(change.row.carries) ?? {})) {
              const name = `${String(value)} to ${change.row.grain}`;
              if (!written.has(name)) written.set(name, change.row);
              const answer = refused.get(name);
              if (answer !== undefined) violated(name, answer, change.row);
            }
          }
        }
      },
    };
  },
};
