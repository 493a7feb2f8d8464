/** Commands on the connection, the server and its role, and not on data. */
import type { AppendOnlyFile } from "./append-only.js";
import { at, type Blocked, globOf, integerOf, SYNTAX } from "./commands/command.js";
import { COMMANDS } from "./commands/index.js";
import type { PubSub } from "./pub-sub.js";
import { PORT, type Replication, type ReplicationContext } from "./replication.js";
import { OK, Pairs, RedisError, type Reply, replied, Status } from "./resp.js";
import type { Session } from "./session.js";

/** What they see of the server. */
export interface ServerContext extends ReplicationContext {
  readonly log: AppendOnlyFile | undefined;
  readonly pubSub: PubSub;
  readonly replication: Replication;
}

/** Of the Redis whose commands these are. */
const VERSION = "7.4.0";
const DATABASES = 1;
const EXIT = 0;

type Run = (server: ServerContext, session: Session, args: readonly string[]) => Reply | Blocked | undefined;

function hello(server: ServerContext, session: Session, args: readonly string[]): Reply {
  const [version = String(session.version), ...options] = args;
  if (version !== "2" && version !== "3") throw new RedisError("NOPROTO unsupported protocol version");
  for (let i = 0; i < options.length; i++) {
    const option = at(options, i).toUpperCase();
    if (option === "SETNAME") session.name = at(options, ++i);
    else if (option === "AUTH")
      i += 2; // there is nobody to be kept out
    else throw new RedisError(SYNTAX);
  }
  session.version = version === "3" ? 3 : 2;
  return new Pairs([
    ["server", "redis"],
    ["version", VERSION],
    ["proto", session.version],
    ["id", session.id],
    ["mode", "standalone"],
    ["role", server.replication.role],
    ["modules", []],
  ]);
}

const clientLine = ({ id, name, socket, version, subscriptions }: Session): string =>
  `id=${id} addr=${socket.remoteAddress ?? ""}:${socket.remotePort ?? 0} name=${name} db=0 sub=${subscriptions} resp=${version}`;

function client(server: ServerContext, session: Session, [what = "", ...args]: readonly string[]): Reply {
  switch (what.toUpperCase()) {
    case "SETNAME":
      session.name = at(args, 0);
      return OK;
    case "GETNAME":
      return session.name === "" ? null : session.name;
    case "ID":
      return session.id;
    case "INFO":
      return clientLine(session);
    case "LIST":
      return [...server.sessions].map((other) => `${clientLine(other)}\n`).join("");
    case "SETINFO":
    case "NO-EVICT":
    case "NO-TOUCH":
      return OK;
    case "KILL": {
      const id = integerOf(at(args, args.findIndex((word) => word.toUpperCase() === "ID") + 1));
      const found = [...server.sessions].filter((other) => other.id === id);
      for (const other of found) server.close(other);
      return found.length;
    }
    default:
      throw notHere(`CLIENT ${what}`);
  }
}

function config(server: ServerContext, [what = "", ...args]: readonly string[]): Reply {
  const settings = new Map([
    ["appendonly", server.log === undefined ? "no" : "yes"],
    ["appendfsync", server.log?.policy ?? "everysec"],
    ["databases", String(DATABASES)],
    ["maxmemory", "0"],
    ["maxmemory-policy", "noeviction"],
    ["save", ""],
    ["notify-keyspace-events", ""],
  ]);
  if (what.toUpperCase() !== "GET") throw notHere(`CONFIG ${what}`);
  const tests = args.map((pattern) => globOf(pattern.toLowerCase()));
  return new Pairs([...settings].filter(([name]) => tests.some((test) => test(name))));
}

function info(server: ServerContext): string {
  const { engine, replication, sessions } = server;
  const keys = engine.keyspace.keys();
  const expires = keys.filter((key) => engine.keyspace.expiry(key) !== undefined).length;
  const lines = [
    ...["# Server", `redis_version:${VERSION}`, "redis_mode:standalone", "os:simulated", `tcp_port:${PORT}`],
    ...["", "# Clients", `connected_clients:${sessions.size}`],
    ...["", "# Memory", "maxmemory:0", "maxmemory_policy:noeviction"],
    ...["", "# Persistence", "loading:0", `aof_enabled:${server.log === undefined ? 0 : 1}`],
    `aof_last_write_status:${server.log?.refusal === undefined ? "ok" : "err"}`,
    ...["", "# Replication", ...replication.info()],
    ...["", "# Cluster", "cluster_enabled:0"],
    ...[
      "",
      "# Keyspace",
      ...(keys.length === 0 ? [] : [`db0:keys=${keys.length},expires=${expires},avg_ttl=0`]),
    ],
  ];
  return `${lines.join("\r\n")}\r\n`;
}

function commandList([what = "", ...names]: readonly string[]): Reply {
  const described = (name: string): Reply => {
    const command = COMMANDS.get(name.toUpperCase());
    if (command === undefined) return null;
    return [name.toLowerCase(), command.arity, [new Status(command.writes ? "write" : "readonly")], 1, 1, 1];
  };
  switch (what.toUpperCase()) {
    case "":
      return [...COMMANDS.keys()].map(described);
    case "COUNT":
      return COMMANDS.size;
    case "INFO":
      return names.map(described);
    case "DOCS":
      return new Pairs([]);
    default:
      throw notHere(`COMMAND ${what}`);
  }
}

function subscribe(name: string): Run {
  return (server, session, args) => {
    server.pubSub.command(session, name, args);
    return undefined;
  };
}

const RUNS: ReadonlyMap<string, Run> = new Map<string, Run>([
  [
    "PING",
    (_server, session, [text]) => {
      // In version 2 one that listens gets nothing but lists.
      if (session.version === 2 && session.subscriptions > 0) return ["pong", text ?? ""];
      return text ?? new Status("PONG");
    },
  ],
  ["ECHO", (_server, _session, args) => at(args, 0)],
  ["HELLO", hello],
  [
    "AUTH",
    () =>
      new RedisError(
        "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?",
      ),
  ],
  [
    "SELECT",
    (_server, _session, args) => {
      return integerOf(at(args, 0)) < DATABASES
        ? OK
        : new RedisError("ERR DB index is out of range (this simulated server has one)");
    },
  ],
  [
    "QUIT",
    (_server, session) => {
      session.send(OK);
      session.socket.end(Buffer.from(session.takeOutput(), "latin1"));
      return undefined;
    },
  ],
  [
    "RESET",
    (server, session) => {
      session.endTransaction();
      server.pubSub.leave(session);
      session.channels.clear();
      session.patterns.clear();
      session.version = 2;
      session.name = "";
      return new Status("RESET");
    },
  ],
  ["CLIENT", client],
  ["CONFIG", (server, _session, args) => config(server, args)],
  ["INFO", (server) => info(server)],
  ["COMMAND", (_server, _session, args) => commandList(args)],
  [
    "MULTI",
    (_server, session) => {
      if (session.transaction !== undefined) return new RedisError("ERR MULTI calls can not be nested");
      session.transaction = [];
      return OK;
    },
  ],
  [
    "DISCARD",
    (_server, session) => {
      if (session.transaction === undefined) return new RedisError("ERR DISCARD without MULTI");
      session.endTransaction();
      return OK;
    },
  ],
  [
    "WATCH",
    (_server, session, keys) => {
      if (session.transaction !== undefined) return new RedisError("ERR WATCH inside MULTI is not allowed");
      for (const key of keys) session.watched.add(key);
      return OK;
    },
  ],
  [
    "UNWATCH",
    (_server, session) => {
      session.watched.clear();
      session.isDirty = false;
      return OK;
    },
  ],
  ["SUBSCRIBE", subscribe("SUBSCRIBE")],
  ["UNSUBSCRIBE", subscribe("UNSUBSCRIBE")],
  ["PSUBSCRIBE", subscribe("PSUBSCRIBE")],
  ["PUNSUBSCRIBE", subscribe("PUNSUBSCRIBE")],
  ["PUBSUB", (server, _session, args) => server.pubSub.about(args) ?? notHere(`PUBSUB ${args[0] ?? ""}`)],
  ["ROLE", (server) => server.replication.describe()],
  ["REPLICAOF", (server, _session, [host = "", port = ""]) => server.replication.follow(host, port)],
  ["SLAVEOF", (server, _session, [host = "", port = ""]) => server.replication.follow(host, port)],
  ["SYNC", (server, session) => server.replication.join(session)],
  ["REPLCONF", (server, session, args) => server.replication.confirm(session, args)],
  [
    "WAIT",
    (server, _session, [replicas = "", timeout = ""]) =>
      server.replication.wait(integerOf(replicas), integerOf(timeout)),
  ],
  ["SHUTDOWN", (server) => server.process.exit(EXIT)],
]);

function notHere(what: string): RedisError {
  return new RedisError(
    `ERR unknown subcommand or option of '${what}' (this simulated server does not have it)`,
  );
}

export function isConnectionCommand(name: string): boolean {
  return RUNS.has(name);
}

/** Undefined: it has answered by itself, or nothing is to be answered. */
export function connectionCommand(
  server: ServerContext,
  session: Session,
  name: string,
  args: readonly string[],
): Reply | Blocked | undefined {
  return replied(() => RUNS.get(name)?.(server, session, args));
}
