/**
 * The moments of the saga engine that faults may be aimed at: leases on runs, steps that are begun and recorded, turns to compensation. They
 * come at the runner that has the run, though it is the database that tells them.
 */
import { type HistoryEvent, type Moment, type MomentWatch, moment } from "seedstorm";
import { asStep, type StepStatus } from "./records.js";
import type { Row } from "./table.js";

export const sagaMoments: readonly Moment[] = [
  moment("run-leased", "a runner is granted the lease on a run", (event) => holderIn(event, "grant")),
  moment("run-renewed", "a runner's lease on a run begins its whole time anew", (event) =>
    holderIn(event, "renew"),
  ),
  moment("run-released", "a runner lets go of a run", (event) => holderIn(event, "release")),
  {
    id: "step-begun",
    when: "a step of a run is begun, and its runner does not know yet; it comes at that runner",
    watch: () => atHolder((event) => runOfStep(event, "running")),
  },
  {
    id: "step-recorded",
    when: "a step of a run is recorded; it comes at the runner that has the run",
    watch: () => atHolder((event) => runOfStep(event)),
  },
  {
    id: "compensation-begun",
    when: "a run turns back; it comes at the runner that has it",
    watch: () =>
      atHolder((event) =>
        event.kind === "state" && event.entity === "saga" && event.to === "compensating"
          ? event.name
          : undefined,
      ),
  },
  {
    id: "run-ended",
    when: "a run is completed or rolled back; it comes at the runner that had it",
    watch: () =>
      atHolder((event) =>
        event.kind === "state" &&
        event.entity === "saga" &&
        (event.to === "completed" || event.to === "rolled_back")
          ? event.name
          : undefined,
      ),
  },
];

function holderIn(event: HistoryEvent, phase: "grant" | "renew" | "release"): string | undefined {
  return event.kind === "lease" && event.phase === phase ? hostOf(event.holder) : undefined;
}

/** The run of which a transaction writes a step. */
function runOfStep(event: HistoryEvent, status?: StepStatus): string | undefined {
  if (event.kind !== "durable") return undefined;
  const step = event.writes.find(({ key }) => key.startsWith("step/"));
  if (step === undefined || step.value === null) return undefined;
  const { sagaId, status: written } = asStep(step.value as Row); // only rows are written
  return status === undefined || written === status ? sagaId : undefined;
}

/** Watches for something about a run, and tells the runner that had its lease last. */
function atHolder(runIn: (event: HistoryEvent) => string | undefined): MomentWatch {
  const holders = new Map<string, string>();
  return (event) => {
    if (event.kind === "lease" && event.phase === "grant") holders.set(event.lease, hostOf(event.holder));
    const run = runIn(event);
    return run === undefined ? undefined : holders.get(run);
  };
}

/** A holder is a life of a runner: `runner-2/1`. */
function hostOf(holder: string): string {
  return holder.split("/")[0] ?? holder;
}
