/**
 * The messages of the runner: events of aggregates, workflow facts, effect commands and their results, and what is
 * submitted to the gateway. Each carries its correlation and trace on, in headers as the standard names them.
 *
 * Decoding ignores fields that it does not know, so that newer writers may say more. What it needs and does
 * not find is a decode error with its path. The recipient of a message is known from its subject, which the
 * broker's permissions guard; an envelope that says otherwise is refused.
 */
import type { Json } from "seedstorm";
import type { Headers } from "../broker/api.js";
import { RunnerFailure } from "./errors.js";
import { parseTraceparent } from "./trace.js";

type Fields = { readonly [name: string]: Json };

/** What is carried along from hop to hop. */
export interface Metadata {
  readonly correlationId: string;
  /** As its source had it; empty where the source had none. */
  readonly traceparent: string;
}

/** An aggregate's event, or a fact of a workflow: what triggers sagas. */
export interface EventEnvelope {
  readonly tenantId: string;
  readonly eventId: string;
  readonly type: string;
  readonly payload: Fields;
  readonly metadata: Metadata;
}

export interface EffectCommand {
  readonly tenantId: string;
  readonly commandId: string;
  readonly effectName: string;
  readonly payload: Fields;
  readonly metadata: Metadata;
}

/** How an effect ended: as the provider said, or given up. */
export interface EffectResult {
  readonly tenantId: string;
  readonly commandId: string;
  readonly effectName: string;
  readonly resultType: string;
  readonly payload: Fields;
  /** Microseconds by the clock of the worker that had the result. */
  readonly timestamp: number;
}

export const HEADERS = {
  tenant: "x-tenant-id",
  correlation: "x-correlation-id",
  trace: "traceparent",
  command: "command-id",
  effect: "effect-name",
  /** Of a command that was put off: how often it has come so far, this one included. */
  round: "round",
} as const;

export function headersOf(tenantId: string, { correlationId, traceparent }: Metadata): Headers {
  return {
    [HEADERS.tenant]: tenantId,
    [HEADERS.correlation]: correlationId,
    ...(traceparent === "" ? {} : { [HEADERS.trace]: traceparent }),
  };
}

/** A trace that is not well-formed is none. */
export function metadataOf(correlationId: string, headers: Headers): Metadata {
  const traceparent = headers[HEADERS.trace] ?? "";
  return { correlationId, traceparent: parseTraceparent(traceparent) === undefined ? "" : traceparent };
}

/** @throws RunnerFailure of kind `decode` or `tenant`. */
export function decodeEvent(data: Json, headers: Headers, tenant: string): EventEnvelope {
  const fields = objectAt(data, "data");
  tenantOf(fields, tenant);
  const correlationId = textAt(fields, "correlationId");
  return {
    tenantId: tenant,
    eventId: textAt(fields, "eventId"),
    type: textAt(fields, "type"),
    payload: objectAt(fields.payload, "data.payload"),
    metadata: metadataOf(correlationId, headers),
  };
}

export function encodeEvent(event: EventEnvelope): Json {
  return {
    tenantId: event.tenantId,
    eventId: event.eventId,
    type: event.type,
    correlationId: event.metadata.correlationId,
    payload: event.payload,
  };
}

/** @throws RunnerFailure of kind `decode` or `tenant`. */
export function decodeEffectCommand(data: Json, headers: Headers, tenant: string): EffectCommand {
  const fields = objectAt(data, "data");
  tenantOf(fields, tenant);
  return {
    tenantId: tenant,
    commandId: textAt(fields, "commandId"),
    effectName: textAt(fields, "effectName"),
    payload: objectAt(fields.payload, "data.payload"),
    metadata: metadataOf(textAt(objectAt(fields.metadata, "data.metadata"), "correlationId"), headers),
  };
}

export function encodeEffectCommand(command: EffectCommand): Json {
  return {
    tenantId: command.tenantId,
    commandId: command.commandId,
    effectName: command.effectName,
    payload: command.payload,
    metadata: { correlationId: command.metadata.correlationId },
  };
}

/** The result as the event that sagas are triggered by. One command has one result, whoever publishes it how often. */
export function resultEvent(result: EffectResult, metadata: Metadata): EventEnvelope {
  return {
    tenantId: result.tenantId,
    eventId: `${result.commandId}/result`,
    type: `${result.effectName}.${result.resultType}`,
    payload: {
      ...result.payload,
      commandId: result.commandId,
      effectName: result.effectName,
      resultType: result.resultType,
      timestamp: result.timestamp,
    },
    metadata,
  };
}

function tenantOf(fields: Fields, expected: string): void {
  const found = fields.tenantId;
  // single-tenant writers leave it out
  if (found === undefined || found === expected) return;
  throw new RunnerFailure({ kind: "tenant", expected, found: String(found) });
}

function objectAt(value: Json | undefined, path: string): Fields {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
  throw new RunnerFailure({ kind: "decode", path, reason: "expected an object" });
}

function textAt(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string" && value !== "") return value;
  throw new RunnerFailure({ kind: "decode", path: `data.${name}`, reason: "expected a text" });
}
