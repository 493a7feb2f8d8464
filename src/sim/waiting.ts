/**
 * Requests that wait: for a reply, for their time-out by the asking host's clock, or for their connection to be reset, which
 * ends them at once. Whichever comes first counts; what comes later finds nobody.
 */

import type { ScheduledEvent } from "./events.js";
import { TIMED_OUT } from "./host.js";
import type { Scheduler } from "./scheduler.js";

/** A request that waits for its reply or for its time-out. */
export interface Waiting {
  /** The machine that asked, and the one that was asked. */
  readonly from: string;
  readonly to: string;
  resolve: ((reply: unknown) => void) | undefined;
  timeout: ScheduledEvent | undefined;
}

/** What a time-out needs of the world. */
interface Asked {
  readonly scheduler: Scheduler;
  readonly network: { timedOut(waiting: Waiting): void };
}

export function timeOut(world: Asked, waiting: Waiting): void {
  world.network.timedOut(waiting);
  resolveWaiting(world, waiting, TIMED_OUT);
}

export function resolveWaiting(
  world: Pick<Asked, "scheduler">,
  waiting: Waiting | undefined,
  reply: unknown,
): void {
  const resolve = waiting?.resolve;
  if (waiting === undefined || resolve === undefined) return; // a second reply, or one after the time-out
  waiting.resolve = undefined;
  if (waiting.timeout !== undefined) world.scheduler.cancel(waiting.timeout);
  resolve(reply);
  world.scheduler.settle();
}

/** The request whose time-out an event is; undefined for any other event. */
export function waitingIn(event: ScheduledEvent): Waiting | undefined {
  return event.action === timeOut ? (event.b as Waiting) : undefined; // what that action is scheduled with
}
