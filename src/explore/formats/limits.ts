/**
 * How large a plan from a file may be. A plan beyond these is refused, so that no file makes a run that
 * nobody would live to see the end of; generated plans stay far below.
 */
import { FAULT_BOUNDS } from "../../sim/faults/fields.js";

export const LIMITS = {
  ...FAULT_BOUNDS,
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
  /** How often all such faults of a plan together may go on and off. */
  steps: 1_000_000,
} as const;
