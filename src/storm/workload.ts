/**
 * Workloads by action: how often it is done, by hosts of which role, when and with what. Operations are numbered within their
 * action (`add-7`), and keep their ids when others are taken out of a plan.
 */
import * as fc from "fast-check";
import type { HostSpec, Json, Operation } from "../sim/plan.js";
import { type Micros, SECOND } from "../sim/time.js";

export interface ActionSpec {
  /** The role of the hosts that do it, any of them. */
  readonly by: string;
  /** How often it is done in a run. Default: between 5 and 20 times. */
  readonly times?: number | { readonly min: number; readonly max: number };
  /** Done between these two. Default: from 1 s until everything heals. */
  readonly from?: Micros;
  readonly to?: Micros;
  /** With what. Default: null. */
  readonly body?: fc.Arbitrary<Json>;
}

export type Workload = Readonly<Record<string, ActionSpec>>;

const FIRST: Micros = SECOND;
const TIMES = { min: 5, max: 20 } as const;

/**
 * Operations in the order of their times.
 *
 * @param healAt the latest time of operations that have no other.
 * @throws RangeError when nobody is there to do it.
 */
export function workloadOf(
  workload: Workload,
  topology: readonly HostSpec[],
  healAt: Micros,
): fc.Arbitrary<readonly Operation[]> {
  const actions = Object.entries(workload).map(([action, spec]) =>
    operationsOf(action, spec, topology, healAt),
  );
  return fc.tuple(...actions).map((lists) => lists.flat().sort((a, b) => a.at - b.at));
}

function operationsOf(
  action: string,
  { by, times = TIMES, from = FIRST, to, body = fc.constant(null) }: ActionSpec,
  topology: readonly HostSpec[],
  healAt: Micros,
): fc.Arbitrary<Operation[]> {
  const hosts = topology.filter(({ role }) => role === by).map(({ id }) => id);
  if (hosts.length === 0) throw new RangeError(`workload.${action}.by: there is no host of role "${by}"`);
  const { min, max } = typeof times === "number" ? { min: times, max: times } : times;
  const one = fc.record({
    at: fc.integer({ min: from, max: to ?? Math.max(from, healAt) }),
    host: fc.constantFrom(...hosts),
    body,
  });
  return fc
    .array(one, { minLength: min, maxLength: max, size: "max" })
    .map((drawn) => drawn.map((operation, i) => ({ ...operation, id: `${action}-${i + 1}`, action })));
}
