/**
 * What a step is: something that can be executed, and perhaps compensated.
 *
 * A step gets the run's context and gives a new one. It may be executed more than once for the same index, by
 * different runners, and calls the cloud under a token that stays the same. A compensator may be called for a
 * step that never did anything, and more than once.
 */
import type { Json } from "seedstorm";
import type { Fields, Provisioned } from "./records.js";

export interface SagaState {
  readonly sagaId: string;
  readonly stepIdx: number;
  readonly deploymentId: string | null;
  readonly inputs: Fields;
  /** All that steps before it have put there, and the inputs under `__inputs__`. */
  readonly context: Fields;
  /** By which the cloud recognises what this step asks of it. */
  readonly token: string;
  /** 1 for the first execution: in a later one, an earlier one may have got anywhere. */
  readonly attempt: number;
}

/**
 * A change of the desired state that becomes durable together with the step's result. Null: nothing is
 * desired any more.
 */
export interface DesiredChange {
  readonly resourceKind: string;
  readonly desired: Provisioned | null;
}

export type StepOutcome =
  | { readonly ok: true; readonly context: Fields; readonly desired?: readonly DesiredChange[] }
  /** `ambiguous`: nobody knows whether it did something, or will yet. */
  | { readonly ok: false; readonly error: string; readonly ambiguous: boolean };

export type CompensationOutcome =
  | { readonly ok: true; readonly desired?: readonly DesiredChange[] }
  /** `final`: trying again is of no use. */
  | { readonly ok: false; readonly error: string; readonly final: boolean };

/**
 * What the world looks like from within a step. Each of these throws when the run is no longer this runner's.
 */
export interface StepWorld {
  /**
   * Has the cloud do something, under the step's token, and finds out what became of it as far as that can be
   * known.
   */
  effect(
    operation: string,
    state: SagaState,
    body: Json,
  ): Promise<{ readonly ok: true; readonly value: Json } | Extract<StepOutcome, { readonly ok: false }>>;
  /** Has the cloud revert what a token did, or will yet do. One try. */
  revert(token: string, of: string, force: boolean): Promise<CompensationOutcome>;
  /** The desired state of a resource, as it is durable now. */
  desired(deploymentId: string, resourceKind: string): Promise<Provisioned | undefined>;
}

export interface Step {
  readonly name: string;
  execute(state: SagaState, world: StepWorld): StepOutcome | Promise<StepOutcome>;
  compensate?(state: SagaState, world: StepWorld): CompensationOutcome | Promise<CompensationOutcome>;
}

/** A step's outcome with something put into the context. */
export function put(
  state: SagaState,
  output: Fields,
  desired: readonly DesiredChange[] = [],
): StepOutcome & { readonly ok: true } {
  return { ok: true, context: { ...state.context, ...output }, desired };
}
