/** What must hold of the saga engine: A1 to A13. */
import type { Property } from "seedstorm/check";
import { A4, A5, A13 } from "./compensation.js";
import { A7 } from "./effects.js";
import { A10 } from "./exclusion.js";
import { A2, A6, A8 } from "./forward.js";
import { A1, A3, A9 } from "./lifecycle.js";
import { A11, A12 } from "./liveness.js";

export const sagaProperties: readonly Property[] = [A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13];
