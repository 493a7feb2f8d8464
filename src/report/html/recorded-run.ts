/** A run with what travelled through its network and what happened on its disks, as diagrams need it. */
import type { Plan } from "../../sim/plan.js";
import { runOn } from "../../storm/run.js";
import type { Outcome, Scenario } from "../../storm/scenario.js";
import { type DiskLog, DiskRecorder, NO_DISKS } from "../disk-recorder.js";
import { type PacketLog, PacketRecorder } from "../recorder.js";

export interface RecordedRun {
  readonly outcome: Outcome;
  readonly packets: PacketLog;
  readonly disks: DiskLog;
}

export async function recordedRun(
  plan: Plan,
  { system }: Scenario,
  options: { readonly eventBudget?: number } = {},
): Promise<RecordedRun> {
  const [packets, disks] = [new PacketRecorder(), new DiskRecorder()];
  const outcome = await runOn(system, plan, {
    ...options,
    prepare: (world) => {
      packets.attach(world);
      disks.attach(world);
    },
  });
  return { outcome, packets: packets.log(), disks: disks.log() };
}

/** A run of which there is nothing but its history. */
export function unrecorded(outcome: Outcome): RecordedRun {
  return { outcome, packets: { machines: [], packets: [], unrecorded: new Map() }, disks: NO_DISKS };
}
