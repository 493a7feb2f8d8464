/** Campaigns over a queue: one that puts blocks of runs there, and workers that take them. For the command alone. */
export { type CodeIdentity, identityOf, identityText } from "./code-identity.js";
export type { Block, BlockResult } from "./messages.js";
export { type QueueOptions, QueueRunner } from "./queue-runner.js";
export { type WorkOptions, work } from "./work.js";
