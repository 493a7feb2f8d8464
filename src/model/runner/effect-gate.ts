/**
 * The gate before an effect: one worker at a time has a command, and what has been done is not done again.
 *
 * A claim is written before the provider is called, and its heartbeat goes up while its worker lives, so that a second delivery
 * of the command can tell a long call from a dead worker: it watches the heartbeat, and takes the command over only when that
 * has not changed for the claim's time by its own monotonic clock. The outcome is written before its result is published.
 */
import { type Json, MILLISECOND, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Transaction } from "../storage/transaction.js";
import { backoff, type NodeContext, type Transacted, transact } from "./context.js";
import type { EffectCommand, EffectResult } from "./envelope.js";
import { GOALS } from "./goals.js";
import { type EffectRecord, partOf, type RetryRecord } from "./records.js";
import { timeOf } from "./transition.js";

export type Entry =
  /** It is this worker's, for this round. */
  | { readonly pass: "claimed"; readonly claim: Claim }
  | { readonly pass: "done"; readonly result: EffectResult }
  /** Another message will bring it, or has. */
  | { readonly pass: "stale" }
  | { readonly pass: "unknown" };

export interface Claim {
  readonly command: EffectCommand;
  readonly round: number;
  /** Calls of the provider before this one. */
  readonly tries: number;
  readonly holder: string;
}

type Done = Extract<EffectRecord, { readonly phase: "done" }>;

const LOOK: Micros = 300 * MILLISECOND;

/** @param round as the message says: 1 for the first. */
export async function enter(
  context: NodeContext,
  command: EffectCommand,
  round: number,
  holder: string,
  mayGoOn: () => boolean,
): Promise<Entry> {
  const { host, settings } = context;
  let seen: { readonly text: string; readonly since: Micros } | undefined;
  while (mayGoOn()) {
    const looked = await claim(
      context,
      command,
      round,
      holder,
      seen !== undefined && isOver(context, seen.since),
    );
    if (!looked.ok) return { pass: "unknown" };
    const found = looked.value;
    if (typeof found === "number") {
      if (seen !== undefined) host.reached(GOALS.claimTakenOver);
      return { pass: "claimed", claim: { command, round, tries: found, holder } };
    }
    if (found.phase === "done") return { pass: "done", result: resultOf(command, found) };
    if (found.phase === "waiting" || found.round > round) return { pass: "stale" };
    host.reached(GOALS.secondDeliveryWaited);
    const text = JSON.stringify(found);
    if (seen?.text !== text) seen = { text, since: host.clock.monotonic() };
    await host.sleep(Math.min(LOOK, Math.floor((settings.effects.claimTtl * MILLISECOND) / 4)));
  }
  return { pass: "unknown" };
}

function isOver({ host, settings }: NodeContext, since: Micros): boolean {
  return host.clock.monotonic() - since >= settings.effects.claimTtl * MILLISECOND;
}

/** The number of tries before, for what is this worker's now; else what stands there. */
function claim(
  context: NodeContext,
  { tenantId, commandId }: EffectCommand,
  round: number,
  holder: string,
  takeOver: boolean,
): Promise<Transacted<number | EffectRecord>> {
  const { keys, host } = context;
  const key = keys.effect(tenantId, commandId);
  return transact(context, async (transaction) => {
    const found = (await transaction.get(key)) as unknown as EffectRecord | undefined; // only such are put
    if (host.defect("NW2") || host.defect("NW1")) return found?.phase === "done" ? found : 0;
    const mayClaim =
      found === undefined ||
      (found.phase === "waiting" && found.round === round) ||
      (found.phase === "running" && found.round <= round && (takeOver || found.holder === holder));
    if (!mayClaim) return found;
    const isFresh = found === undefined || found.phase === "done" || host.defect("tries-forgotten");
    const tries = isFresh ? 0 : found.tries;
    putEffect(transaction, key, found, { phase: "running", round, tries, holder, heartbeat: 1 });
    return tries;
  });
}

/** Says that the worker is still at it. False: somebody else is. */
export async function heartbeat(context: NodeContext, { command, round, holder }: Claim): Promise<boolean> {
  const key = context.keys.effect(command.tenantId, command.commandId);
  const written = await transact(context, async (transaction) => {
    const found = (await transaction.get(key)) as unknown as EffectRecord | undefined; // only such are put
    if (found?.phase !== "running" || found.holder !== holder || found.round !== round) return false;
    putEffect(transaction, key, found, { ...found, heartbeat: found.heartbeat + 1 });
    return true;
  });
  return !written.ok || written.value;
}

/** Writes down how the effect ended, unless somebody else has: then that is how it ended. */
export function finish(
  context: NodeContext,
  { command, round }: Claim,
  resultType: string,
  payload: Done["payload"],
): Promise<Transacted<EffectResult>> {
  const { keys, host } = context;
  const key = keys.effect(command.tenantId, command.commandId);
  return transact(context, async (transaction) => {
    const found = (await transaction.get(key)) as unknown as EffectRecord | undefined; // only such are put
    if (found?.phase === "done") return resultOf(command, found);
    const record: Done = { phase: "done", round, resultType, payload, timestamp: host.clock.now() };
    putEffect(transaction, key, found, record);
    return resultOf(command, record);
  });
}

/**
 * Puts the command off: it comes again after `pause`, by the time of its part. "lost": somebody else has it, and what he
 * makes of it counts.
 */
export function putOff(
  context: NodeContext,
  { command, round, holder }: Claim,
  tries: number,
  pause: Micros,
): Promise<Transacted<"put-off" | "lost">> {
  const { keys, settings } = context;
  const { tenantId, commandId, metadata } = command;
  const part = partOf(tenantId, metadata.correlationId, settings.spread.parts);
  const key = keys.effect(tenantId, commandId);
  return transact(context, async (transaction) => {
    const found = (await transaction.get(key)) as unknown as EffectRecord | undefined; // only such are put
    if (found?.phase !== "running" || found.holder !== holder || found.round !== round) return "lost";
    putEffect(transaction, key, found, { phase: "waiting", round: round + 1, tries });
    const retry: RetryRecord = { command, round: round + 1, part };
    const due = (await timeOf(context, transaction, part)) + pause;
    transaction.put(keys.retry(tenantId, commandId), retry as unknown as Json, due);
    return "put-off";
  });
}

/** @param before what the transaction has found there. */
export function putEffect(
  transaction: Transaction,
  key: string,
  before: EffectRecord | undefined,
  record: EffectRecord,
): void {
  invariant(before?.phase !== "done", "how an effect has ended never changes");
  invariant(
    record.phase === "done" || record.round >= (before?.round ?? 1),
    "the rounds of a command only go up",
  );
  transaction.put(key, record as unknown as Json);
}

export function pauseAfter({ settings, host }: NodeContext, tries: number): Micros {
  const { firstPause, longestPause } = settings.effects;
  const pause = backoff(firstPause * MILLISECOND, longestPause * MILLISECOND, tries);
  return Math.floor(pause / 2) + host.random.below(Math.floor(pause / 2) + 1);
}

function resultOf({ tenantId, commandId, effectName }: EffectCommand, done: Done): EffectResult {
  const { resultType, payload, timestamp } = done;
  return { tenantId, commandId, effectName, resultType, payload, timestamp };
}
