/** A campaign whose runs are done by workers on other machines: `check --queue`. */
import { randomBytes } from "node:crypto";
import { workerModule } from "../src/explore/index.js";
import type { QueueRunner } from "../src/queue/index.js";
import { quoted } from "./invocation.js";
import type { Simulator } from "./simulator.js";

export interface QueueOptions {
  /** Where workers take the runs from, in place of this machine's threads. */
  readonly queue: string | undefined;
  /** Runs that a worker takes at once. Default 200. */
  readonly blockRuns: number | undefined;
}

export interface OnQueue {
  readonly runner: QueueRunner;
  /** The campaign's name there. */
  readonly campaign: string;
}

const BLOCK_RUNS = 200;
const NAME_BYTES = 8;

/**
 * Undefined where no queue was asked for.
 *
 * @param named what the campaign that is resumed is called there; a new one gets a random name.
 * @throws InputError where the queue can't be used.
 */
export async function onQueue(
  { queue, blockRuns = BLOCK_RUNS }: QueueOptions,
  named: string | undefined,
  { registry }: Pick<Simulator, "registry">,
  onNotice: (sentence: string) => void,
): Promise<OnQueue | undefined> {
  if (queue === undefined) return undefined;
  const { identityOf, QueueRunner } = await import("../src/queue/index.js");
  const campaign = named ?? randomBytes(NAME_BYTES).toString("hex");
  const identity = identityOf([registry, workerModule()]);
  const runner = await QueueRunner.open({ url: queue, campaign, identity, blockRuns, onNotice });
  return { runner, campaign };
}

/** What goes on on a queue is resumed there. */
export const queueOption = ({ queue }: Pick<QueueOptions, "queue">): string =>
  queue === undefined ? "" : ` --queue ${quoted(queue)}`;
