/** The libraries under test. */
import { asyncMutex } from "./async-mutex/storm.js";
import { bottleneck } from "./bottleneck/storm.js";
import { cockatiel } from "./cockatiel/storm.js";
import { opossum } from "./opossum/storm.js";
import { pQueue } from "./p-queue/storm.js";
import { pgBoss } from "./pg-boss/storm.js";
import type { Subject } from "./promise.js";

export const LIBRARIES: readonly Subject[] = [opossum, cockatiel, bottleneck, pQueue, asyncMutex, pgBoss];
