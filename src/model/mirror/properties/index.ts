/** What must hold of the replica mirror: R1 to R12. */

import type { Property } from "seedstorm/check";
import { R5, R6 } from "./catching-up.js";
import { R7, R8 } from "./consumers.js";
import { R9, R12 } from "./epochs.js";
import { R10 } from "./freshness.js";
import { R11 } from "./handled.js";
import { R1, R2, R3, R4 } from "./replica.js";

export const mirrorProperties: readonly Property[] = [R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, R11, R12];
