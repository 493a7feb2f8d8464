/** What must hold of every transactional store. */
import type { Property } from "seedstorm/check";
import { durable, recovers } from "./durable.js";
import { serializable } from "./serializable.js";

export const storageProperties: readonly Property[] = [serializable, durable, recovers];
