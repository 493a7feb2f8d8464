/**
 * `redis(…)`: a host that is a server with Redis' protocol and commands, for clients that know nothing of a simulation. Its
 * data is in memory and in an append-only file on the simulated disk; a replica follows a master without the master
 * waiting for it. Scripts are run by fengari, an optional peer.
 *
 * Left out: databases other than 0, consumer groups, cluster and sentinel, modules, keyspace notifications, passwords,
 * images of the memory and the rewriting of the log, eviction. A command that is not there is refused by name.
 */
import { bootMachine, type HostDefinition } from "../../hosts.js";
import { AppendOnlyFile, type FsyncPolicy } from "./append-only.js";
import { fengari } from "./lua.js";
import { Scripts } from "./scripts.js";
import { RedisServer } from "./server.js";

export interface RedisOptions {
  /** Whether changes are kept on the disk, so that a crash of the host does not lose all. Default: true. */
  readonly appendonly?: boolean;
  /**
   * When the log is synced. `always`: before an answer; `everysec`, the default: once a second, so that a crash loses what
   * was written since; `no`: never.
   */
  readonly appendfsync?: FsyncPolicy;
  /** The host whose replica it is: it may only be read from, until it is told `REPLICAOF NO ONE`. Default: none. */
  readonly replicaOf?: string;
}

export function redis({
  appendonly = true,
  appendfsync = "everysec",
  replicaOf,
}: RedisOptions = {}): HostDefinition {
  return {
    async prepare() {
      const lua = await fengari();
      return (host, universe) =>
        bootMachine(
          host,
          universe,
          "/redis",
          (simulated) => {
            const log = appendonly ? new AppendOnlyFile(simulated, appendfsync) : undefined;
            const print = (text: string): void => simulated.print("stdout", text);
            const scripts = lua === undefined ? undefined : new Scripts(lua, print);
            new RedisServer(simulated, { log, scripts, replicaOf }).start();
          },
          { onUncaught: "exit" },
        );
    },
  };
}
