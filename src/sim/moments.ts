/**
 * Moments: what a fault can be aimed at. A storm whose faults begin at any time hardly ever meets a constellation that
 * lasts a few milliseconds: a crash right after a vote, a power cut between a write and its fsync. A fault that is
 * aimed waits for such a moment and begins a little after it.
 *
 * A moment is recognized by the facts of the history as they are written, so that it is the same in every run
 * of a plan; what a system's moments are is for the system to say. The world has some of its own. For two of
 * them there is no fact: when an fsync was asked for, and when it is done.
 */
import type { HistoryEvent } from "./history.js";

/** Tells for each event of a universe, in their order, at which host the moment came with it; undefined when it did not. */
export type MomentWatch = (event: HistoryEvent, history: readonly HistoryEvent[]) => string | undefined;

export interface Moment {
  /** `vote-granted`: small letters and hyphens, unique among those of the world and the system. */
  readonly id: string;
  /** When it comes, and at which host, in a sentence for `seedstorm list`. */
  readonly when: string;
  /** Begins to watch a universe from its first event on. */
  watch(): MomentWatch;
}

/** A moment that each event tells by itself. */
export function moment(id: string, when: string, hostOf: MomentWatch): Moment {
  return { id, when, watch: () => hostOf };
}

/** The crash points of a disk that are moments too, by their side: no fact tells them. */
export const FSYNC_MOMENTS = { before: "fsync-asked", after: "fsync-done" } as const;

const noFact: MomentWatch = () => undefined;

/** The moments that any system has. */
export const WORLD_MOMENTS: readonly Moment[] = [
  moment(FSYNC_MOMENTS.before, "a host asks for an fsync; what it wrote is not durable yet", noFact),
  moment(FSYNC_MOMENTS.after, "an fsync of a host is done, and the host does not know", noFact),
  moment("host-booted", "a host begins a life", (event) => phaseOf(event, "boot")),
  moment("host-crashed", "a host goes down", (event) => phaseOf(event, "crash")),
  moment("host-resumed", "a host goes on after a pause", (event) => phaseOf(event, "resume")),
  moment("disk-failed", "an fsync of a host failed and its pages are gone", (event) =>
    event.kind === "fault" && event.phase === "fired" && event.faultKind === "fsync-failure"
      ? event.target
      : undefined,
  ),
  moment("call-begun", "a host calls an external service", (event) =>
    event.kind === "external" && event.phase === "attempt" ? event.host : undefined,
  ),
  moment(
    "call-applied",
    "an external service has applied a host's call, and the host does not know",
    (event, history) =>
      event.kind === "external" && event.phase === "applied" ? history[event.cause]?.host : undefined,
  ),
  moment("call-answered", "a host has the answer of an external service", (event) =>
    event.kind === "external" && event.phase === "reply" ? event.host : undefined,
  ),
];

function phaseOf(event: HistoryEvent, phase: "boot" | "crash" | "resume"): string | undefined {
  return event.kind === "host" && event.phase === phase ? event.host : undefined;
}
