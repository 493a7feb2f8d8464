/** A run with what travelled through its network, what happened on its disks and which timers its hosts set, as reports need it. */
import { DEFAULT_EVENT_BUDGET } from "../explore/campaign/settings.js";
import type { Plan } from "../sim/plan.js";
import { runOn } from "../storm/run.js";
import type { Outcome, Scenario } from "../storm/scenario.js";
import { type DiskLog, DiskRecorder, NO_DISKS } from "./disk-recorder.js";
import { type PacketLog, PacketRecorder } from "./recorder.js";
import { NO_TIMERS, type TimerLog, TimerRecorder } from "./timer-recorder.js";
import { isOfAbsence } from "./trail.js";

export interface RecordedRun {
  readonly outcome: Outcome;
  readonly packets: PacketLog;
  readonly disks: DiskLog;
  readonly timers: TimerLog;
}

export async function recordedRun(
  plan: Plan,
  { system }: Scenario,
  options: { readonly eventBudget?: number } = {},
): Promise<RecordedRun> {
  const [packets, disks, timers] = [new PacketRecorder(), new DiskRecorder(), new TimerRecorder()];
  const outcome = await runOn(system, plan, {
    ...options,
    prepare: (world) => {
      packets.attach(world);
      disks.attach(world);
      timers.attach(world);
    },
  });
  return { outcome, packets: packets.log(), disks: disks.log(), timers: timers.log() };
}

/** A run of which there is nothing but its history. */
export function unrecorded(outcome: Outcome): RecordedRun {
  const packets = { machines: [], packets: [], unrecorded: new Map() };
  return { outcome, packets, disks: NO_DISKS, timers: NO_TIMERS };
}

/**
 * The same run again, with recorders, where its story needs them: something never happened, and its trail has messages and timers.
 * Undefined where nothing is missing, and where it is not the same run: code under test may have changed since.
 */
export async function recordingOf(outcome: Outcome, scenario: Scenario): Promise<RecordedRun | undefined> {
  if (!outcome.violations.some(({ property }) => isOfAbsence(property, scenario))) return undefined;
  try {
    const again = await recordedRun(outcome.plan, scenario, { eventBudget: DEFAULT_EVENT_BUDGET });
    return again.outcome.traceHash === outcome.traceHash ? again : undefined;
  } catch {
    return undefined;
  }
}
