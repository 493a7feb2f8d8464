/**
 * What must hold of the order pipeline: G1 to G13, and what the same state machines promise beyond them.
 *
 * G14 to G17 are this house's own: definite answers for webhooks, custody of records and of keys, and checkpoints
 * that tell of a queue that was.
 */

import type { Property } from "seedstorm/check";
import { G1, G2, G3 } from "./acceptance.js";
import { G10, G17 } from "./checkpoints.js";
import { G5, G7, G9 } from "./delivery.js";
import { G8 } from "./effects.js";
import { G15, G16 } from "./exclusive-delivery.js";
import { G11 } from "./leases.js";
import { G6, G14 } from "./liveness.js";
import { G12 } from "./observations.js";
import { G13 } from "./outage.js";
import { G4 } from "./records.js";

export const pipelineProperties: readonly Property[] = [
  G1,
  G2,
  G3,
  G4,
  G5,
  G6,
  G7,
  G8,
  G9,
  G10,
  G11,
  G12,
  G13,
  G14,
  G15,
  G16,
  G17,
];
