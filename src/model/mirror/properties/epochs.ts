/**
 * One primary at a time: R9 for the log, R12 for the directory.
 *
 * Rows that nobody can decode are left out: they come from people with a console, not from a primary.
 */
import { ensure, type Property, when } from "seedstorm/check";
import { type DurableEvent, mirrorState, type Row } from "./state.js";

export const logEpochsAreExclusive: Property = {
  id: "log-epochs-are-exclusive",
  alias: "R9",
  kind: "always",
  sentence:
    "The epochs of a grain's rows never decrease in the log, and only one cluster writes rows of an epoch.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(mirrorState);
    const newest = new Map<string, Row>();
    /** By grain and epoch: the first row. */
    const firsts = new Map<string, Row>();

    function judge(row: Row): void {
      const { grain, epoch, source, sequence, event } = row;
      const before = newest.get(grain);
      const first = ensure(firsts, `${grain} ${epoch}`, () => row);
      context.checked();
      if (before !== undefined && epoch < before.epoch) {
        context.violated(
          grain,
          `${source} wrote sequence ${sequence} of ${grain} under epoch ${epoch} ${when(event)}, after ${before.source} had written sequence ${before.sequence} under epoch ${before.epoch} ${when(before.event)}.`,
          [before.event, event],
        );
      } else if (first.source !== source) {
        context.violated(
          grain,
          `Both ${first.source} (sequence ${first.sequence} ${when(first.event)}) and ${source} (sequence ${sequence} ${when(event)}) wrote ${grain} under epoch ${epoch}.`,
          [first.event, event],
        );
      }
      if (before === undefined || epoch >= before.epoch) newest.set(grain, row);
    }

    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of === "row" && change.row.type !== "other") judge(change.row);
        }
      },
    };
  },
};

interface Registration {
  readonly cluster: string;
  readonly epoch: number;
  readonly event: DurableEvent;
}

export const directoryEpochsIncrease: Property = {
  id: "directory-epochs-increase",
  alias: "R12",
  kind: "always",
  sentence:
    "Every registration of a grain in the directory has a higher epoch than all before it, also after the grain was taken out.",
  subscribes: ["durable"],
  start(context) {
    const state = context.view(mirrorState);
    const highest = new Map<string, Registration>();
    return {
      on(event) {
        if (event.kind !== "durable") return;
        for (const change of state.changes) {
          if (change.of !== "placed" || change.cluster === undefined) continue;
          const { grain, cluster, epoch } = change;
          const before = highest.get(grain);
          context.checked();
          if (before === undefined || epoch > before.epoch) highest.set(grain, { cluster, epoch, event });
          else if (!recordedAgain(event)) {
            context.violated(
              grain,
              `${grain} was registered for ${cluster} with epoch ${epoch} ${when(event)}, after ${before.cluster} had it with epoch ${before.epoch} ${when(before.event)}.`,
              [before.event, event],
            );
          }
        }
      },
    };
  },
};

/** The first thing that a directory writes in each of its lives is what it found on its disk. */
function recordedAgain(event: DurableEvent): boolean {
  return event.txn === 1;
}
