/** The replica mirror as a system under test: what boots, and what must hold of it. */

import type { System } from "seedstorm";
import { worldProperties } from "seedstorm/check";
import { mirrorDefects } from "../../model/mirror/defects.js";
import { MIRROR_DEFAULTS } from "../../model/mirror/knobs.js";
import { buildMirror } from "../../model/mirror/mirror.js";
import { mirrorMoments } from "../../model/mirror/moments.js";
import { mirrorProperties } from "../../model/mirror/properties/index.js";
import { writeLatencies } from "../../model/mirror/properties/latencies.js";

export const mirrorSystem: System = {
  id: "mirror",
  title: "replica mirror",
  properties: [...mirrorProperties, ...worldProperties],
  defects: mirrorDefects,
  moments: mirrorMoments,
  knobs: { ...MIRROR_DEFAULTS },
  minHosts: { client: 0, operator: 0 },
  latencies: writeLatencies,
  build: buildMirror,
};
