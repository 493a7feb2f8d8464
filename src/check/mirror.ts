/** What must hold of the replica mirror: R1 to R12. */
import { R5, R6 } from "./mirror/catching-up.js";
import { R7, R8 } from "./mirror/consumers.js";
import { R9, R12 } from "./mirror/epochs.js";
import { R10 } from "./mirror/freshness.js";
import { R11 } from "./mirror/handled.js";
import { R1, R2, R3, R4 } from "./mirror/replica.js";
import type { Property } from "./property.js";

export const mirrorProperties: readonly Property[] = [R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12];
