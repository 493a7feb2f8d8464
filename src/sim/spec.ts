/** What the parts of a world are made from: plain data that a plan has, and that its faults know nothing about. */
import type { Zone } from "./civil.js";
import type { Micros } from "./time.js";

/** Plain data as JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Where a host stands. The zone is left out where a provider has none to offer. */
export interface Domain {
  readonly provider: string;
  readonly region: string;
  readonly zone?: string;
}

/** One host of the topology. `role` tells the system under test what to boot there. */
export interface HostSpec {
  readonly id: string;
  readonly domain: Domain;
  readonly role: string;
}

export type KnobValue = number | string | boolean;

/** How processes that end themselves are started again: after a pause that doubles each time, until one has lasted. */
export interface Restarts {
  readonly first: Micros;
  readonly longest: Micros;
}

/** What the calendars and clocks of a universe show. */
export interface CivilStart {
  /** When it begins, in microseconds since 1970. */
  readonly epoch: Micros;
  /** The time zone of its hosts. */
  readonly zone: Zone;
}
