/**
 * One event moves one instance of a saga: load, run the program, and one transaction with the new state, the work, the
 * timers, the marker of the event and the checkpoint. All of it commits or none; an event whose marker is there is skipped,
 * and but for one that is in quarantine nothing else lets one be skipped. What the program sees is the state and the event; ids and due times are computed
 * from them, so that a second run makes the same.
 *
 * A program that fails changes nothing; where the manifest says so, the saga's compensation runs in its place, on an event
 * of type `program.failed`, and takes back what was done so far.
 */
import { type Json, MILLISECOND, type Micros } from "seedstorm";
import { invariant } from "../invariant.js";
import type { Transaction } from "../storage/transaction.js";
import { type NodeContext, type Transacted, transact } from "./context.js";
import type { EventEnvelope, Metadata } from "./envelope.js";
import { RunnerFailure } from "./errors.js";
import { GOALS } from "./goals.js";
import type { Manifests, SagaManifest } from "./manifest.js";
import { PROGRAM_FAILED, type Program, runProgram } from "./program.js";
import {
  type DedupeRecord,
  digest,
  type LeaseRecord,
  type OutboxItem,
  partOf,
  type SagaRecord,
  type ScheduleRecord,
  type Work,
  workIdOf,
} from "./records.js";

type Fields = { readonly [name: string]: Json };

/** Where an event came from. */
export interface Position {
  readonly stream: string;
  readonly lane: string;
  readonly sequence: number;
  /** Everything of its lane up to here is processed, once this event is. */
  readonly watermark: number;
  readonly by: "delivery" | "replay";
}

/** "skipped": it was processed before. "quarantined": another handler has put it there, and only a replay gets it out. */
export type TransitionEnd = "done" | "skipped" | "quarantined";

/** A program's result as it must be. */
interface Output {
  readonly state: Fields | null;
  readonly work: readonly Work[];
  readonly schedules: readonly { readonly timer: string; readonly after: number }[];
  readonly cancels: readonly string[];
}

/** @throws RunnerFailure of kind `program`; nothing was changed then. */
export function transition(
  context: NodeContext,
  manifests: Manifests,
  saga: SagaManifest,
  event: EventEnvelope,
  position: Position,
): Promise<Transacted<TransitionEnd>> {
  invariant(position.watermark <= position.sequence, "a checkpoint passes no event that is not processed");
  const { host, keys, meters, settings } = context;
  const { tenantId: tenant, metadata } = event;
  const correlation = metadata.correlationId;
  const part = partOf(tenant, correlation, settings.spread.parts);
  return transact(context, async (transaction) => {
    const marker = keys.dedupe(tenant, saga.name, event.eventId);
    if ((await transaction.get(marker)) !== undefined && !host.defect("dedupe-ignored")) {
      host.reached(GOALS.duplicateSkipped);
      meters.count("runner_duplicates_total");
      return "skipped";
    }
    const shelf = keys.quarantine(tenant, position.stream, position.sequence);
    const isShelved = position.by === "delivery" && (await transaction.get(shelf)) !== undefined;
    if (isShelved && !host.defect("quarantine-not-final")) {
      host.reached(GOALS.quarantinedElsewhere);
      return "quarantined";
    }
    const checkpoint = keys.checkpoint(tenant, saga.name, position.stream, position.lane);
    const reached = Number((await transaction.get(checkpoint)) ?? 0);
    if ((host.defect("NW4") || host.defect("NW5")) && position.sequence <= reached) return "skipped";
    const key = keys.saga(tenant, saga.name, correlation);
    const before = (await transaction.get(key)) as unknown as SagaRecord | undefined; // only such records are put
    const input: Json = { state: before?.state ?? null, event: forProgram(event) };
    const { output, program, failed } = outputFor(context, manifests, saga, event, input);
    const instance = { tenant, saga: saga.name, correlation };
    const moved = next(before, output);
    const after: SagaRecord | undefined = moved === undefined ? undefined : { ...instance, ...moved };
    if (after !== undefined) transaction.put(key, after as unknown as Json);
    putWork(context, transaction, saga, event, before, output, part);
    await putTimers(context, transaction, saga, event, output, part);
    if (after !== undefined && after.status !== "running" && !host.defect("NW9")) {
      await cancel(context, transaction, tenant, saga.name, correlation, undefined);
    }
    const upTo = host.defect("checkpoint-past-a-gap") ? position.sequence : position.watermark;
    if (upTo > reached || host.defect("checkpoint-shared-by-lanes")) transaction.put(checkpoint, upTo);
    const { stream, lane, sequence, by } = position;
    const record: DedupeRecord = {
      ...instance,
      stream,
      lane,
      sequence,
      by,
      eventId: event.eventId,
      program,
      programDigest: manifests.digests.get(program) ?? "",
      failed,
      node: host.id,
      timers: output.schedules.length,
      cancels: output.cancels,
      input: digest(input),
      output: digest(output as unknown as Json),
    };
    transaction.put(marker, record as unknown as Json);
    return "done";
  });
}

function forProgram({ eventId, type, payload, metadata, tenantId }: EventEnvelope): Fields {
  return { id: eventId, type, tenant: tenantId, correlation: metadata.correlationId, payload };
}

interface Ran {
  readonly output: Output;
  /** The name of the program that made it. */
  readonly program: string;
  /** Why the program in whose place that one ran has failed; empty when none has. */
  readonly failed: string;
}

function outputFor(
  context: NodeContext,
  { programs }: Manifests,
  { name, onEvent, compensation, onProgramError }: SagaManifest,
  event: EventEnvelope,
  input: { readonly [name: string]: Json },
): Ran {
  const { host } = context;
  const runOf = (program: string, on: Json): Output => {
    const found = programs.get(program);
    if (found !== undefined) return run(context, found, on);
    throw new RunnerFailure({ kind: "program", program: name, reason: "bad-result", node: "" }); // manifests are checked
  };
  if (compensation.triggers.includes(event.type) && !host.defect("NW13")) {
    host.reached(GOALS.compensationRun);
    return { output: runOf(compensation.program, input), program: compensation.program, failed: "" };
  }
  try {
    return { output: runOf(onEvent, input), program: onEvent, failed: "" };
  } catch (error) {
    const isPolicy = error instanceof RunnerFailure && onProgramError === "compensate";
    if (!isPolicy || host.defect("program-policy-ignored")) throw error;
    const failedInput = { ...input, event: { ...forProgram(event), type: PROGRAM_FAILED, on: event.type } };
    const output = runOf(compensation.program, failedInput);
    host.reached(GOALS.failureCompensated);
    return { output, program: compensation.program, failed: error.message };
  }
}

function run({ settings }: NodeContext, program: Program, input: Json): Output {
  const { value } = runProgram(program, input, settings.programs);
  const output = outputOf(value);
  if (output !== undefined) return output;
  throw new RunnerFailure({
    kind: "program",
    program: program.name,
    reason: "bad-result",
    node: program.result,
  });
}

/** Undefined when the instance has not begun. */
function next(
  before: SagaRecord | undefined,
  { state, work }: Output,
): Omit<SagaRecord, "tenant" | "saga" | "correlation"> | undefined {
  if (state === null) return undefined;
  const { status } = state;
  return {
    state,
    status: status === "completed" || status === "compensated" ? status : "running",
    emitted: (before?.emitted ?? 0) + work.length,
    transitions: (before?.transitions ?? 0) + 1,
  };
}

function putWork(
  { host, keys }: NodeContext,
  transaction: Transaction,
  { name: saga }: SagaManifest,
  { tenantId: tenant, eventId, metadata }: EventEnvelope,
  before: SagaRecord | undefined,
  { work }: Output,
  part: number,
): void {
  work.forEach((each, index) => {
    const workId = host.defect("NW10")
      ? `${host.id}-${host.incarnation}-${host.random.below(1_000_000_000)}`
      : workIdOf(tenant, saga, eventId, index);
    const item: OutboxItem = {
      ...each,
      workId,
      tenant,
      saga,
      metadata: handedOn(host.defect("NW15"), metadata),
      eventId,
      ordinal: (before?.emitted ?? 0) + index,
      part,
      tries: 0,
    };
    transaction.put(keys.outbox(tenant, each.kind, workId), item as unknown as Json);
  });
}

function handedOn(forgotten: boolean, metadata: Metadata): Metadata {
  return forgotten ? { ...metadata, traceparent: "" } : metadata;
}

async function putTimers(
  context: NodeContext,
  transaction: Transaction,
  { name: saga }: SagaManifest,
  { tenantId: tenant, metadata }: EventEnvelope,
  { schedules, cancels }: Output,
  part: number,
): Promise<void> {
  const { keys, host } = context;
  const correlation = metadata.correlationId;
  if (schedules.length === 0 && host.defect("timer-not-cancelled")) return;
  for (const timer of cancels) await cancel(context, transaction, tenant, saga, correlation, timer);
  if (schedules.length === 0) return;
  const now = await timeOf(context, transaction, part);
  for (const { timer, after } of schedules) {
    const due = now + after * MILLISECOND;
    const record: ScheduleRecord = {
      tenant,
      saga,
      timer,
      due,
      after: after * MILLISECOND,
      metadata: handedOn(host.defect("NW15"), metadata),
      part,
    };
    transaction.put(keys.schedule({ tenant, saga, correlation, due, timer }), record as unknown as Json, due);
  }
}

/** A part's own time, as its holder last said. */
export async function timeOf(
  { keys, host }: NodeContext,
  transaction: Transaction,
  part: number,
): Promise<Micros> {
  if (host.defect("schedule-by-wall-clock")) return Math.max(0, host.clock.now());
  const lease = (await transaction.get(keys.lease(part))) as unknown as LeaseRecord | undefined; // only such are put
  return lease?.time ?? 0;
}

/** An instance's timers of a name, or all of them. */
async function cancel(
  { keys, host }: NodeContext,
  transaction: Transaction,
  tenant: string,
  saga: string,
  correlation: string,
  timer: string | undefined,
): Promise<void> {
  for (const { key, value } of await transaction.scanPrefix(keys.timersOf(tenant, saga, correlation))) {
    const record = value as unknown as ScheduleRecord; // only such are put
    if (timer !== undefined && record.timer !== timer) continue;
    host.reached(GOALS.timerCancelled);
    transaction.delete(key);
  }
}

/** Undefined for what is no result of a saga program. */
function outputOf(value: Json): Output | undefined {
  const { state, work, schedules, cancels } = fieldsOf(value) ?? {};
  if (state !== null && fieldsOf(state) === undefined) return undefined;
  if (!isList(work) || !isList(schedules) || !isList(cancels)) return undefined;
  const items = work.map(workOf);
  const timers = schedules.map((each) => {
    const { timer, after } = fieldsOf(each) ?? {};
    return typeof timer === "string" && typeof after === "number" && after >= 0
      ? { timer, after }
      : undefined;
  });
  if (!items.every((each) => each !== undefined) || !timers.every((each) => each !== undefined))
    return undefined;
  if (!cancels.every((each): each is string => typeof each === "string")) return undefined;
  return { state: fieldsOf(state) ?? null, work: items, schedules: timers, cancels };
}

function workOf(value: Json): Work | undefined {
  const { kind, payload, effect, aggregate, id, command } = fieldsOf(value) ?? {};
  const body = fieldsOf(payload);
  if (body === undefined) return undefined;
  if (kind === "effect" && typeof effect === "string") return { kind, body: { effect, payload: body } };
  if (
    kind !== "command" ||
    typeof aggregate !== "string" ||
    typeof id !== "string" ||
    typeof command !== "string"
  )
    return undefined;
  return { kind, body: { aggregate, id, command, payload: body } };
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

function fieldsOf(value: Json | undefined): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}
