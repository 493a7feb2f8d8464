/** The saga engine as a system under test: what boots, and what must hold of it. */
import { sagaProperties } from "../../check/saga.js";
import { answered } from "../../check/waits.js";
import { outsideProperties, worldProperties } from "../../check/world.js";
import { sagaDefects } from "../../model/saga/defects.js";
import { SAGA_DEFAULTS } from "../../model/saga/knobs.js";
import { sagaMoments } from "../../model/saga/moments.js";
import { buildSaga } from "../../model/saga/saga.js";
import type { System } from "../scenario.js";

export const sagaSystem: System = {
  id: "saga",
  title: "saga engine",
  properties: [...sagaProperties, ...outsideProperties, ...worldProperties],
  defects: sagaDefects,
  moments: sagaMoments,
  knobs: { ...SAGA_DEFAULTS },
  expendable: { runner: 1, customer: 0, operator: 0, auditor: 0 },
  waits: (history) => ({ started: answered(history, "start"), cancelled: answered(history, "cancel") }),
  build: buildSaga,
};
