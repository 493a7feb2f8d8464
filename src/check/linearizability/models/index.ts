/** The models that histories from elsewhere are checked against, by name. */
import { kvModel } from "./kv.js";
import { lockModel } from "./lock.js";
import { queueModel } from "./queue.js";
import { casRegisterModel, registerModel } from "./register.js";

export { casRegisterModel, kvModel, lockModel, queueModel, registerModel };

export const MODEL_NAMES = ["register", "cas-register", "queue", "lock", "kv"] as const;
export type ModelName = (typeof MODEL_NAMES)[number];
