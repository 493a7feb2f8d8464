/**
 * The mirror's settings: one table with every knob, its default and what it means.
 *
 * Times are in microseconds. The source reads 100 entries a poll and fails over after 30 s of grace with a
 * check every 5 s; the defaults are scaled down so that batches fill up and primaries are replaced within a
 * universe of a minute. A plan that wants properties to judge by a knob writes it out.
 */
import { checkKnobNames, type KnobValue, type Micros, ms, seconds, settingsOf } from "seedstorm";

export interface MirrorKnobs {
  /** How many grains there are. */
  readonly grains: number;
  /** What producers write to the log: complete states only, or changes with a complete state now and then. */
  readonly entries: "full-state" | "mixed";
  /** In mixed mode every so many entries of a grain one is a complete state. */
  readonly fullStateEvery: number;
  /**
   * Whether consumers fold changes into the state that they follow; otherwise they wait for the next complete
   * state.
   */
  readonly deltaReplay: boolean;
  /** How long a consumer sleeps between polls. */
  readonly pollInterval: Micros;
  /** Most entries of one poll. */
  readonly batchLimit: number;
  /** How long a consumer waits for the log. */
  readonly readTimeout: Micros;
  /** Changes that wait at a producer; past that they are merged. */
  readonly channelCapacity: number;
  /** How long a producer waits for the log. */
  readonly appendTimeout: Micros;
  /** First pause before an append is tried again; doubles up to eight times itself. */
  readonly retryDelay: Micros;
  /** Entries of a grain that the log shows to readers; older ones fall out. */
  readonly retain: number;
  /** A replica that may be further behind than this is not fresh. */
  readonly maxAge: Micros;
  /** How far the clocks of two clusters may be apart when nothing is wrong. */
  readonly skewBound: Micros;
  /** How long a primary must have been unreachable before it is replaced. */
  readonly grace: Micros;
  /** How often primaries are checked and the directory is looked up. */
  readonly checkInterval: Micros;
  /** How long directory and peers are waited for. */
  readonly controlTimeout: Micros;
  /** How long an application waits for a write or a read. */
  readonly clientTimeout: Micros;
}

export const MIRROR_DEFAULTS: MirrorKnobs = {
  grains: 3,
  entries: "full-state",
  fullStateEvery: 8,
  deltaReplay: true,
  pollInterval: ms(500),
  batchLimit: 5,
  readTimeout: seconds(1),
  channelCapacity: 6,
  appendTimeout: seconds(1),
  retryDelay: ms(100),
  retain: 64,
  maxAge: seconds(2),
  skewBound: ms(500),
  grace: seconds(3),
  checkInterval: ms(500),
  controlTimeout: seconds(1),
  clientTimeout: seconds(3),
};

/**
 * The settings of a plan: its knobs over the defaults. A knob that nobody knows, and one of the wrong type,
 * is a RangeError that names it.
 */
export function mirrorKnobs(knobs: Readonly<Record<string, KnobValue>>): MirrorKnobs {
  checkKnobNames(knobs, [...Object.keys(MIRROR_DEFAULTS), "buggify"]);
  return settingsOf(knobs, MIRROR_DEFAULTS);
}
