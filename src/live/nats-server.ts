/**
 * The `nats-server` program: where it is found, which version it is, and the configuration of one node. What is missing, too
 * old or broken is said in a sentence.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** A drill can't be begun, or can't go on, for a reason that is no finding; the message is for people. */
export class DrillError extends Error {
  override readonly name = "DrillError";
  /** `unusable`: what it was given can't be used. `failed`: it began and could not go on. */
  constructor(
    message: string,
    readonly why: "unusable" | "failed",
  ) {
    super(message);
  }
}

export interface NatsServer {
  readonly path: string;
  /** `2.15.2`. */
  readonly version: string;
}

/** The oldest that a drill was run against. */
const OLDEST = [2, 9, 0] as const;

const INSTALL =
  "install it (go install github.com/nats-io/nats-server/v2@latest, or your system's package nats-server) or name it with --nats-server FILE";

/** @throws DrillError where there is none, or one that is too old. */
export async function findNatsServer(path = "nats-server"): Promise<NatsServer> {
  let output: string;
  try {
    output = (await promisify(execFile)(path, ["--version"], { timeout: 20_000 })).stdout;
  } catch (error) {
    const missing = error instanceof Error && "code" in error && error.code === "ENOENT";
    const what = missing ? "is not there" : "can't be run";
    throw new DrillError(`a drill needs nats-server, and ${path} ${what}: ${INSTALL}`, "unusable");
  }
  const found = /v(\d+)\.(\d+)\.(\d+)/.exec(output);
  if (found === null) {
    throw new DrillError(`${path} does not say that it is a nats-server: ${firstLine(output)}`, "unusable");
  }
  const version = found.slice(1).map(Number);
  if (isOlder(version, OLDEST)) {
    throw new DrillError(
      `${path} is nats-server ${version.join(".")}; drills need ${OLDEST.join(".")} or newer`,
      "unusable",
    );
  }
  return { path, version: version.join(".") };
}

/** The first with the setting `sync_interval`. */
const SYNC_INTERVAL_SINCE = [2, 10, 0] as const;

/** @throws DrillError where a server has no setting to sync what it writes at once. */
export function checkSync({ path, version }: NatsServer, sync: SyncInterval): void {
  if (sync === "default" || !isOlder(version.split(".").map(Number), SYNC_INTERVAL_SINCE)) return;
  throw new DrillError(
    `${path} is nats-server ${version}, which has no setting sync_interval: it came with ${SYNC_INTERVAL_SINCE.join(".")}; leave --sync-interval out`,
    "unusable",
  );
}

function isOlder(version: readonly number[], than: readonly number[]): boolean {
  for (const [i, least] of than.entries()) {
    const part = version[i] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}

const firstLine = (text: string): string => text.split("\n", 1)[0] ?? "";

/** How often JetStream brings what it wrote to the disk: `always`, or its default, every two minutes. */
export type SyncInterval = "always" | "default";

export interface NodeConfiguration {
  readonly name: string;
  readonly clientPort: number;
  readonly routePort: number;
  readonly monitorPort: number;
  /** A port at which nothing listens: what gossip says of this node leads nowhere, so that no route goes round a proxy. */
  readonly deadPort: number;
  /** Ports of the proxies that lead to the other nodes. */
  readonly routes: readonly number[];
  readonly store: string;
  readonly sync: SyncInterval;
  readonly maxFileBytes: number;
}

const LOOPBACK = "127.0.0.1";
/** What the servers call their cluster. */
export const CLUSTER = "drill";

export function configurationText(node: NodeConfiguration): string {
  const routes = node.routes.map((port) => `"nats-route://${LOOPBACK}:${port}"`).join(", ");
  const sync = node.sync === "always" ? "\n  sync_interval: always" : "";
  return `server_name: "${node.name}"
server_tags: ["${node.name}"]
listen: "${LOOPBACK}:${node.clientPort}"
http: "${LOOPBACK}:${node.monitorPort}"
ping_interval: "2s"
ping_max: 2
write_deadline: "2s"
jetstream {
  store_dir: ${JSON.stringify(node.store)}
  max_mem: 64M
  max_file: ${node.maxFileBytes}${sync}
}
cluster {
  name: "${CLUSTER}"
  listen: "${LOOPBACK}:${node.routePort}"
  no_advertise: true
  advertise: "${LOOPBACK}:${node.deadPort}"
  connect_retries: 1
  routes: [${routes}]
}
`;
}
