/** Steps that touch nothing outside: one that always succeeds and one that always fails. */
import { put, type Step } from "../step.js";

export const echo: Step = {
  name: "echo",
  execute: (state) => put(state, { [`echoed_at_step_${state.stepIdx}`]: state.inputs.message ?? null }),
  compensate: () => ({ ok: true }),
};

export const fail: Step = {
  name: "fail",
  execute: () => ({ ok: false, error: "told to fail", ambiguous: false }),
};
