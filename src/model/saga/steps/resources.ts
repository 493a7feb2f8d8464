/**
 * Steps that change what a deployment is made of: create, resize and suspend, which can be taken back, and
 * delete, which can't.
 *
 * Each leaves a note in the context of which resource it changed, and of what was desired before and after;
 * by it the desired state is put back when the step is compensated.
 */
import type { Json } from "seedstorm";
import type { Fields, Provisioned } from "../records.js";
import { asProvisioned, asRow } from "../records.js";
import type { CompensationOutcome, SagaState, Step, StepOutcome, StepWorld } from "../step.js";
import { put } from "../step.js";

export interface ResourceNote {
  readonly resourceKind: string;
  readonly before: Provisioned | null;
  readonly after: Provisioned | null;
}

const noteKey = (stepIdx: number): string => `resource_at_step_${stepIdx}`;

/** The note that the step at an index has left; undefined when it did not get so far. */
export function noteOf(context: Fields, stepIdx: number): ResourceNote | undefined {
  const note = context[noteKey(stepIdx)];
  return note === undefined ? undefined : (note as unknown as ResourceNote); // only notes stand under such a key
}

function done(state: SagaState, note: ResourceNote): StepOutcome {
  const { resourceKind, before, after } = note;
  const plain: Json = {
    resourceKind,
    before: before === null ? null : asRow(before),
    after: after === null ? null : asRow(after),
  };
  return put(state, { [noteKey(state.stepIdx)]: plain }, [{ resourceKind, desired: after }]);
}

const noSuchResource: StepOutcome = { ok: false, error: "no such resource", ambiguous: false };

/** The inputs as they are meant; whoever triggers a run writes them as they please. */
export const normalizeSpec: Step = {
  name: "normalize-spec",
  execute(state) {
    const { inputs } = state;
    const size = String(inputs.size ?? "s").toLowerCase();
    const spec = { size, protect: inputs.protect === true, power: "on" };
    // Handy for whoever reads the run later; what stands there belongs to the caller, and is not this step's to change.
    const context = { ...state.context, __inputs__: { ...inputs, size } };
    return put({ ...state, context }, { spec });
  },
};

/** @param specOf what is to be created, from the run's inputs and from what was put into its context. */
export function create(resourceKind: string, specOf: (state: SagaState) => Fields): Step {
  return {
    name: `create-${resourceKind}`,
    async execute(state, world) {
      const deploymentId = state.deploymentId ?? "";
      const spec = specOf(state);
      const effect = await world.effect("create", state, {
        kind: resourceKind,
        deployment: deploymentId,
        spec,
      });
      if (!effect.ok) return effect;
      const resource = String((effect.value as Fields).resource); // what the cloud answers to a creation
      const after = { deploymentId, resourceKind, spec, specVersion: 1, sagaId: state.sagaId, resource };
      return done(state, { resourceKind, before: null, after });
    },
    compensate: takeBack,
  };
}

/** @param changeOf what becomes different in the resource's spec. */
function change(
  operation: "resize" | "suspend",
  resourceKind: string,
  changeOf: (state: SagaState) => Fields,
): Step {
  return {
    name: `${operation}-${resourceKind}`,
    async execute(state, world) {
      const before = await world.desired(state.deploymentId ?? "", resourceKind);
      if (before === undefined) return noSuchResource;
      const changes = changeOf(state);
      const effect = await world.effect(operation, state, { resource: before.resource, ...changes });
      if (!effect.ok) return effect;
      const spec = { ...before.spec, ...changes };
      const after = { ...before, spec, specVersion: before.specVersion + 1, sagaId: state.sagaId };
      return done(state, { resourceKind, before, after });
    },
    compensate: takeBack,
  };
}

export const resize = (resourceKind: string): Step =>
  change("resize", resourceKind, ({ context }) => ({
    size: (context.spec as Fields | undefined)?.size ?? "s",
  }));

export const suspend = (resourceKind: string): Step =>
  change("suspend", resourceKind, () => ({ power: "off" }));

/** What is not there, or was never desired, is deleted already. */
export function remove(resourceKind: string): Step {
  return {
    name: `delete-${resourceKind}`,
    async execute(state, world) {
      const before = await world.desired(state.deploymentId ?? "", resourceKind);
      if (before === undefined) return put(state, {});
      const effect = await world.effect("delete", state, { resource: before.resource });
      return effect.ok ? done(state, { resourceKind, before, after: null }) : effect;
    },
  };
}

/** Removes by force what the compensation of a failed run has left, the step's own index saying which. */
export const removeLeftover: Step = {
  name: "remove-leftover",
  async execute(state, world) {
    const leftovers = state.inputs.leftovers as readonly Json[] | undefined;
    const leftover = (leftovers?.[state.stepIdx] ?? null) as Fields | null;
    if (leftover === null) return put(state, {});
    const effect = await world.effect("revert", state, { of: leftover.token ?? "", force: true });
    if (!effect.ok) return effect;
    const note = leftover.note as unknown as ResourceNote | null; // as the step that is made good has left it
    if (note === null) return put(state, {});
    return done(state, { resourceKind: note.resourceKind, before: note.after, after: note.before });
  },
};

async function takeBack(state: SagaState, world: StepWorld): Promise<CompensationOutcome> {
  const outcome = await world.revert(`${state.token}:undo`, state.token, false);
  const note = noteOf(state.context, state.stepIdx);
  if (!outcome.ok || note === undefined) return outcome;
  const desired = note.before === null ? null : asProvisioned(asRow(note.before));
  return { ok: true, desired: [{ resourceKind: note.resourceKind, desired }] };
}
