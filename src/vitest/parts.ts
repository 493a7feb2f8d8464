/** What storm tests are made of: the same in a test file and in a worker thread, where the file is loaded again. */
export { main, type NodeOptions, node } from "../node/hosts.js";
export { type PostgresOptions, postgres } from "../node/services/postgres/index.js";
export { type RedisOptions, redis } from "../node/services/redis/index.js";
export type { StormClient, StormContext } from "../node/storm/client.js";
export { always, eventually, never } from "../node/storm/properties.js";
export type { StormKind } from "../node/storm/scenario.js";
