/**
 * `seedstorm/node`: unmodified programs on simulated hosts. `docs/your-code.md` is the guide.
 */
export type { SimulatedProcess } from "./env/simulated-process.js";
export { type BootHost, type HostDefinition, main, type NodeOptions, node, type Universe } from "./hosts.js";
export { ProgramError } from "./program/bundler.js";
export type { Main } from "./program/machine.js";
export { defaultModule, scenarioModule } from "./program/module.js";
export { type PostgresOptions, postgres } from "./services/postgres/index.js";
export {
  type ServedPostgres,
  type ServePostgresOptions,
  servePostgres,
} from "./services/postgres/outside.js";
export type { SqlRow, SqlValue } from "./services/postgres/query.js";
export type { FsyncPolicy } from "./services/redis/append-only.js";
export { type RedisOptions, redis } from "./services/redis/index.js";
export {
  type CheckOptions,
  type CheckPlace,
  type CheckProgress,
  type CheckReport,
  check,
  checkScenario,
  type RunsOptions,
  StormFailure,
  UnfinishedRun,
} from "./storm/check.js";
export type { StormBody, StormClient, StormContext } from "./storm/client.js";
export { always, eventually, never } from "./storm/properties.js";
export {
  STORMS,
  type StormKind,
  type StormOptions,
  StormOptionsError,
  type StormScenario,
  stormScenario,
} from "./storm/scenario.js";
export { type ProgramSystemOptions, programSystem, topologyOf } from "./system.js";
