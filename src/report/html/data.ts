/**
 * What a page carries for its scripts, as plain data: the one agreement between the code that writes a report and the
 * code that runs in it. Times are microseconds of virtual time; columns of one table have the same length.
 */
import type { Micros } from "../../sim/time.js";

export interface RunPage {
  readonly page: "run";
  /** Undefined where nobody waited for anything. */
  readonly latency: LatencyChart | undefined;
}

export interface CampaignPage {
  readonly page: "campaign";
  /** By scenario. */
  readonly latency: readonly { readonly scenario: string; readonly chart: LatencyChart }[];
}

/** All that is in it is markup. */
export interface DefectsPage {
  readonly page: "defects";
}

export type PageData = RunPage | CampaignPage | DefectsPage;

export interface DiagramData {
  /** The end of the run. */
  readonly duration: Micros;
  /** From here on no fault was active. */
  readonly healAt: Micros;
  /** From top to bottom, those of one provider, region and zone next to each other. */
  readonly hosts: readonly HostRow[];
  readonly facts: FactTable;
  readonly packets: PacketTable;
  /** Everything that happened, in order: 3n for fact n, 3n + 1 for the sending and 3n + 2 for the end of packet n. */
  readonly steps: readonly number[];
  readonly faults: readonly FaultBand[];
  readonly strips: readonly Strip[];
  readonly outages: readonly Outage[];
  readonly disks: DiskTable;
  readonly marks: readonly Mark[];
  readonly violations: readonly ViolationMark[];
  /** How many facts and packets there were in the run. */
  readonly total: number;
}

export interface HostRow {
  readonly id: string;
  readonly role: string;
  readonly provider: string;
  readonly region: string;
  /** Empty where there is none. */
  readonly zone: string;
}

/** Facts of the history. `host` is an index into `hosts`, -1 for the world itself. */
export interface FactTable {
  readonly kinds: readonly string[];
  readonly id: readonly number[];
  readonly at: readonly Micros[];
  readonly host: readonly number[];
  readonly kind: readonly number[];
  /** Id of the fact that it is a consequence of; -1 for none. */
  readonly cause: readonly number[];
  readonly text: readonly string[];
  /** JSON, perhaps cut. */
  readonly detail: readonly string[];
}

/** One row for each copy of a packet that arrived or was lost. */
export interface PacketTable {
  readonly names: readonly string[];
  readonly id: readonly number[];
  readonly name: readonly number[];
  readonly type: readonly PacketType[];
  readonly from: readonly number[];
  readonly to: readonly number[];
  readonly sent: readonly Micros[];
  readonly end: readonly Micros[];
  readonly outcome: readonly PacketOutcome[];
  /** 0 for the first copy. */
  readonly copy: readonly number[];
  readonly cause: readonly number[];
  readonly bytes: readonly number[];
  readonly body: readonly string[];
}

/** Message, request, reply. */
export type PacketType = 0 | 1 | 2;
/** Delivered, dropped, orphaned, flying: see the recorder. */
export type PacketOutcome = 0 | 1 | 2 | 3;

/** What happened on the disks of hosts, in order. */
export interface DiskTable {
  /** Names of files. */
  readonly files: readonly string[];
  readonly host: readonly number[];
  readonly kind: readonly number[];
  readonly outcome: readonly number[];
  /** Index of the file; that of an empty name where the whole disk is meant. */
  readonly file: readonly number[];
  readonly at: readonly Micros[];
  readonly end: readonly Micros[];
  readonly bytes: readonly number[];
  /** Operations that one row stands for. */
  readonly count: readonly number[];
  readonly note: readonly string[];
}

/** Kinds and outcomes of disk operations, by their numbers in the table. */
export const DISK = { write: 0, truncate: 1, fsync: 2, rename: 3, remove: 4, crash: 5, wipe: 6 } as const;
export const DISK_OUTCOME = { cached: 0, durable: 1, torn: 2, lost: 3, dropped: 4 } as const;

/** A moment, or a stretch of time, that the page speaks of. */
export interface Mark {
  readonly text: string;
  readonly from: Micros;
  readonly to: Micros;
  /** Id of the fact that it is about; -1 for none. */
  readonly fact: number;
}

export interface FaultBand {
  readonly id: string;
  readonly kind: string;
  readonly text: string;
  readonly from: Micros;
  readonly to: Micros;
  /** When it first did something that code could notice; -1 when it never did. */
  readonly fired: Micros;
  /** Indexes of the hosts that it struck, or whose packets. */
  readonly hosts: readonly number[];
  /** Whether it struck the hosts themselves and not what travels between them. */
  readonly onHosts: boolean;
}

/** Something that one host at a time has: a lease, the leadership of a group. */
export interface Strip {
  readonly title: string;
  readonly kind: "leader" | "lease";
  readonly segments: readonly Segment[];
}

export interface Segment {
  readonly from: Micros;
  readonly to: Micros;
  /** Index of the holder; -1 when it isn't a host of this run. */
  readonly host: number;
  readonly holder: string;
  /** `term 3`, `epoch 7`. */
  readonly number: string;
}

export interface Outage {
  readonly host: number;
  readonly kind: "down" | "paused";
  readonly from: Micros;
  readonly to: Micros;
}

export interface ViolationMark {
  readonly property: string;
  readonly at: Micros;
  readonly message: string;
  /** Ids of facts, in order. */
  readonly evidence: readonly number[];
  /** A weakness that the scenario declares. */
  readonly declared: boolean;
}

export interface LatencySeries {
  /** What was waited for: `accepted`. */
  readonly name: string;
  /** By window, in microseconds; null where nothing was answered. */
  readonly p50: readonly (Micros | null)[];
  readonly p90: readonly (Micros | null)[];
  readonly p99: readonly (Micros | null)[];
  /** Waits that began in the window. */
  readonly begun: readonly number[];
  /** Of those, waits that never ended. */
  readonly open: readonly number[];
}

export interface LatencyBand {
  readonly kind: string;
  /** By slice, how much of it a fault of this kind was active, on average over the runs: 0 to 1. */
  readonly share: readonly number[];
}

export interface LatencyChart {
  readonly runs: number;
  /** Length of a window of the series. */
  readonly window: Micros;
  /** Length of a slice of the bands. */
  readonly slice: Micros;
  readonly series: readonly LatencySeries[];
  readonly bands: readonly LatencyBand[];
}
