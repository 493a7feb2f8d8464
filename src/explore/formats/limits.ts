/**
 * How large a plan from a file may be. A plan beyond these is refused, so that no file makes a run that
 * nobody would live to see the end of; generated plans stay far below.
 */
import { HOUR, MILLISECOND } from "../../sim/time.js";

export const LIMITS = {
  /** One virtual day. */
  duration: 24 * HOUR,
  operations: 100_000,
  faults: 100_000,
  hosts: 500,
  knobs: 1_000,
  defects: 1_000,
  /** Characters of an id or a name. */
  nameLength: 200,
  /** The body of one operation, as characters of JSON. */
  bodyLength: 1_000_000,
  /** Nesting of one operation's body. */
  bodyDepth: 64,
  /** The shortest step of a fault that goes on and off. */
  shortestStep: MILLISECOND,
  /** How often all such faults of a plan together may go on and off. */
  steps: 1_000_000,
  factor: 1_000_000,
  driftPpm: 500_000,
} as const;
