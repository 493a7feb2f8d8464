/**
 * The streams of the runner and the subjects in them: `events.<range>.<lane>.<tenant>.<type>`.
 *
 * A tenant falls into a range, by which shards divide tenants among them; an instance of a saga falls into a lane, within
 * which messages are processed one after the other. Both are hashes, so that any publisher knows them. Subjects can't hold
 * every character: tenants and types are percent-encoded, dots too.
 */
import { crc32 } from "seedstorm";

export const STREAMS = {
  /** What happened to aggregates. */
  events: "AGGREGATE_EVENTS",
  /** Effects to be done. */
  commands: "WORKFLOW_COMMANDS",
  /** Results of effects, reminders, rejected commands. */
  facts: "WORKFLOW_EVENTS",
} as const;
export type StreamRole = keyof typeof STREAMS;

const FIRST: { readonly [R in StreamRole]: string } = {
  events: "events",
  commands: "commands",
  facts: "workflow",
};

export interface Address {
  readonly range: number;
  readonly lane: number;
  readonly tenant: string;
  readonly type: string;
}

export interface Spread {
  readonly ranges: number;
  readonly lanes: number;
}

const encoder = new TextEncoder();

export function hashOf(...parts: readonly string[]): number {
  return crc32(encoder.encode(parts.map((part) => `${part.length}:${part}`).join("")));
}

export const rangeOf = (tenant: string, { ranges }: Spread): number => hashOf(tenant) % ranges;

export const laneOf = (tenant: string, correlation: string, { lanes }: Spread): number =>
  hashOf(tenant, correlation) % lanes;

export function subjectOf(
  role: StreamRole,
  tenant: string,
  correlation: string,
  type: string,
  spread: Spread,
): string {
  const range = rangeOf(tenant, spread);
  const lane = laneOf(tenant, correlation, spread);
  return `${FIRST[role]}.${range}.${lane}.${token(tenant)}.${token(type)}`;
}

/** What a consumer of one lane wants. */
export const laneFilter = (role: StreamRole, range: number, lane: number): string =>
  `${FIRST[role]}.${range}.${lane}.>`;

export const rangeFilter = (role: StreamRole, range: number): string => `${FIRST[role]}.${range}.>`;

export const tenantFilter = (role: StreamRole, tenant: string, spread: Spread): string =>
  `${FIRST[role]}.${rangeOf(tenant, spread)}.*.${token(tenant)}.>`;

export const everything = (role: StreamRole): string => `${FIRST[role]}.>`;

/** Undefined for a subject that no runner made. */
export function addressOf(subject: string): Address | undefined {
  const [, range = "", lane = "", tenant, type, ...rest] = subject.split(".");
  if (tenant === undefined || type === undefined || rest.length > 0) return undefined;
  const address = { range: Number(range), lane: Number(lane), tenant: plain(tenant), type: plain(type) };
  if (!Number.isSafeInteger(address.range) || !Number.isSafeInteger(address.lane)) return undefined;
  const { tenant: name, type: kind } = address;
  return name === undefined || kind === undefined ? undefined : { ...address, tenant: name, type: kind };
}

/** Single-tenant systems have an empty name for their tenant, and a subject can't have an empty part. */
const NO_TENANT = "_";

function token(text: string): string {
  if (text === "") return NO_TENANT;
  const encoded = encodeURIComponent(text).replace(/[.*!'()~]/g, percent);
  return encoded === NO_TENANT ? percent(encoded) : encoded;
}

function plain(token: string): string | undefined {
  if (token === NO_TENANT) return "";
  try {
    return decodeURIComponent(token);
  } catch {
    return undefined;
  }
}

const percent = (character: string): string =>
  `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
