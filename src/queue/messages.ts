/**
 * What passes over the queue, as compressed JSON: a block of runs that somebody is to do, and what it came to. Whatever is read
 * is checked before it is used: others can write to a queue, too.
 */
import { gunzipSync, gzipSync } from "node:zlib";
import * as Schema from "@effect/schema/Schema";
import { decodeSettings, decodeSummary } from "../explore/campaign/result-file.js";
import type { CampaignSettings, Shard } from "../explore/campaign/settings.js";
import type { Summary } from "../explore/campaign/summary.js";
import { decoder } from "../explore/formats/decode.js";
import { parseJson } from "../explore/formats/json-text.js";

/** Runs that belong together, and whose they are. */
export interface Block {
  readonly campaign: string;
  readonly settings: CampaignSettings;
  readonly shard: Shard;
  readonly from: number;
  readonly runs: number;
  readonly failFast: boolean;
}

export type BlockResult =
  | {
      readonly kind: "done";
      /** Runs that were done; fewer than asked for where a failure was to end it. */
      readonly done: number;
      readonly summary: Summary;
      readonly notices: readonly string[];
    }
  /** It can't be done, by whichever worker. */
  | { readonly kind: "unusable"; readonly message: string };

/** Whoever begins a campaign, and whoever answers. */
export interface Hello {
  readonly versions: { readonly seedstorm: string; readonly node: string };
  readonly code: string;
}

/** The most that a message may become when it is unpacked. */
const MOST_BYTES = 64 * 1_048_576;

const nat = Schema.Number;
const block = decoder(
  Schema.Struct({
    campaign: Schema.String,
    settings: Schema.Unknown, // decoded by itself
    shard: Schema.Struct({ index: nat, of: nat }),
    from: nat,
    runs: nat,
    failFast: Schema.Boolean,
  }),
);
const result = decoder(
  Schema.Union([
    Schema.Struct({
      kind: Schema.Literal("done"),
      done: nat,
      summary: Schema.Unknown, // decoded by itself
      notices: Schema.Array(Schema.String),
    }),
    Schema.Struct({ kind: Schema.Literal("unusable"), message: Schema.String }),
  ]),
);
const hello = decoder(
  Schema.Struct({
    versions: Schema.Struct({ seedstorm: Schema.String, node: Schema.String }),
    code: Schema.String,
  }),
);

export const packed = (message: Block | BlockResult | Hello): Uint8Array => gzipSync(JSON.stringify(message));

/** Undefined for what is none. */
export function blockIn(bytes: Uint8Array): Block | undefined {
  const decoded = block(unpacked(bytes));
  if (!decoded.ok) return undefined;
  const settings = decodeSettings(decoded.value.settings);
  return settings.ok ? { ...decoded.value, settings: settings.value as CampaignSettings } : undefined; // as the schema has it
}

/** Undefined for what is none. */
export function resultIn(bytes: Uint8Array): BlockResult | undefined {
  const decoded = result(unpacked(bytes));
  if (!decoded.ok) return undefined;
  if (decoded.value.kind === "unusable") return decoded.value;
  const summary = decodeSummary(decoded.value.summary);
  return summary.ok ? { ...decoded.value, summary: summary.value as Summary } : undefined; // as the schema has it
}

/** Undefined for what is none. */
export function helloIn(bytes: Uint8Array): Hello | undefined {
  const decoded = hello(unpacked(bytes));
  return decoded.ok ? decoded.value : undefined;
}

function unpacked(bytes: Uint8Array): unknown {
  try {
    return parseJson(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }).toString("utf8"), "a message");
  } catch {
    return undefined; // no such message
  }
}
