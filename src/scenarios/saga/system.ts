/** The saga engine as a system under test: what boots, and what must hold of it. */

import type { System } from "seedstorm";
import { answered, externalProperties, worldProperties } from "seedstorm/check";
import { sagaDefects } from "../../model/saga/defects.js";
import { SAGA_DEFAULTS } from "../../model/saga/knobs.js";
import { sagaMoments } from "../../model/saga/moments.js";
import { sagaProperties } from "../../model/saga/properties/index.js";
import { buildSaga } from "../../model/saga/saga.js";
import { storageProperties } from "../../model/storage/properties/index.js";

export const sagaSystem: System = {
  id: "saga",
  title: "saga engine",
  properties: [...sagaProperties, ...storageProperties, ...externalProperties, ...worldProperties],
  defects: sagaDefects,
  moments: sagaMoments,
  knobs: { ...SAGA_DEFAULTS },
  minHosts: { runner: 1, customer: 0, operator: 0, auditor: 0 },
  latencies: (history) => ({ started: answered(history, "start"), cancelled: answered(history, "cancel") }),
  build: buildSaga,
};
