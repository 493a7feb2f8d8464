/**
 * The deployment of the runner, as far as it can be checked without an engine of containers: the files have the shape that
 * Compose and Swarm read, and what they name, paths, variables, secrets, ports, is what the settings and the program know.
 */
import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import * as Schema from "@effect/schema/Schema";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { decoder } from "../../src/explore/formats/decode.js";
import { DEFAULT_FILES } from "../../src/model/runner/business/files.js";
import { parseFile, settingVariables } from "../../src/model/runner/settings.js";
import { command } from "../bin/support.js";
import { temporaryFolder } from "../support/folder.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const deploy = join(root, "examples/deploy");
const text = (name: string): string => readFileSync(join(deploy, name), "utf8");

const optional = Schema.optionalKey;
const strings = Schema.Array(Schema.String);
const time = Schema.String.check(Schema.isPattern(/^\d+s$/));
const policy = Schema.Struct({
  parallelism: Schema.Int,
  order: Schema.Literals(["start-first", "stop-first"]),
  delay: optional(time),
  monitor: optional(time),
  failure_action: optional(Schema.Literals(["rollback", "pause", "continue"])),
});
const amount = Schema.Struct({
  cpus: Schema.String.check(Schema.isPattern(/^\d+\.\d+$/)),
  memory: Schema.String.check(Schema.isPattern(/^\d+M$/)),
});
const service = Schema.Struct({
  image: Schema.String,
  build: optional(Schema.Struct({ context: Schema.String, dockerfile: Schema.String })),
  command: strings,
  environment: optional(Schema.Record(Schema.String, Schema.String)),
  volumes: optional(strings),
  ports: optional(strings),
  networks: optional(strings),
  secrets: optional(strings),
  restart: optional(Schema.Literals(["unless-stopped", "always", "no"])),
  stop_signal: optional(Schema.Literal("SIGTERM")),
  stop_grace_period: optional(time),
  depends_on: optional(
    Schema.Record(Schema.String, Schema.Struct({ condition: Schema.Literal("service_healthy") })),
  ),
  healthcheck: optional(
    Schema.Struct({
      test: strings,
      interval: time,
      timeout: time,
      retries: Schema.Int,
      start_period: optional(time),
    }),
  ),
  deploy: optional(
    Schema.Struct({
      replicas: Schema.Int,
      placement: optional(Schema.Struct({ constraints: strings })),
      update_config: optional(policy),
      rollback_config: optional(policy),
      restart_policy: optional(Schema.Struct({ condition: Schema.Literal("any"), delay: time })),
      resources: optional(Schema.Struct({ limits: amount, reservations: amount })),
    }),
  ),
});
const stack = Schema.Struct({
  name: optional(Schema.String),
  services: Schema.Record(Schema.String, service),
  secrets: Schema.Record(
    Schema.String,
    Schema.Struct({ file: optional(Schema.String), external: optional(Schema.Literal(true)) }),
  ),
  networks: optional(
    Schema.Record(
      Schema.String,
      Schema.Struct({ driver: Schema.Literal("overlay"), attachable: Schema.Boolean }),
    ),
  ),
  volumes: Schema.Record(Schema.String, Schema.Null),
});
type Stack = typeof stack.Type;

const decodeStack = decoder<Stack>(stack);

/** With the defaults of its variables, and without the parts that stand there to be repeated. */
function stackIn(name: string): Stack {
  const plain = text(name).replace(/\$\{\w+:-([^}]*)\}/g, "$1");
  const { ...all } = parse(plain, { merge: true }) as Record<string, unknown>; // Compose's own syntax
  for (const key of Object.keys(all)) if (key.startsWith("x-")) delete all[key];
  const decoded = decodeStack(all);
  if (!decoded.ok) throw new Error(`${name}: ${decoded.path}: ${decoded.message}`);
  return decoded.value;
}

interface Settings {
  readonly drainTimeout: number;
  readonly service: { readonly listen: string; readonly folder: string; readonly secrets: string };
}
const settings = parse(text("runner.yaml")) as Settings;
const port = settings.service.listen.split(":")[1];

const STACKS = ["compose.yaml", "stack.yaml"] as const;
const ours = (name: string) =>
  Object.entries(stackIn(name).services).filter(([, { image }]) => image.startsWith("seedstorm-runner"));

afterEach(() => {
  vi.unstubAllEnvs();
});

describe.each(STACKS)("examples/deploy/%s", (name) => {
  it("sets nothing that is no setting", () => {
    const known = settingVariables();
    for (const [, { environment = {} }] of ours(name))
      for (const variable of Object.keys(environment)) expect(known).toContain(variable);
    for (const [, variable] of text(name).matchAll(/\$\{(RUNNER_\w+):-/g))
      if (variable !== "RUNNER_IMAGE") expect(known).toContain(variable);
  });

  it("starts parts that there are, with settings that they find good", async () => {
    const folder = join(temporaryFolder(), "deploy");
    cpSync(deploy, folder, { recursive: true });
    for (const [, { command: words, environment = {} }] of ours(name)) {
      for (const [variable, value] of Object.entries(environment)) vi.stubEnv(variable, value);
      vi.stubEnv("RUNNER_SERVICE_SECRETS", "secrets"); // they are mounted elsewhere in a container
      const config = join(folder, "runner.yaml");
      const checked = await command(["runner", ...words, "--check", "--config", config]);
      expect(checked).toMatchObject({ code: 0, err: "" });
      vi.unstubAllEnvs();
    }
    expect(ours(name).map(([, { command: words }]) => words[0])).toEqual(
      expect.arrayContaining(["store", "node"]),
    );
  });

  it("mounts secrets that the effects name, where the settings look for them", () => {
    const { secrets, services } = stackIn(name);
    const { effects } = parseFile({ "effects.toml": text("effects.toml") }, "effects.toml") as {
      readonly effects: readonly { readonly credentials: string }[];
    };
    const named = [...new Set(effects.map(({ credentials }) => credentials.replace("secret:", "")))].sort();
    expect(settings.service.secrets).toBe("/run/secrets");
    expect(Object.keys(secrets).sort()).toEqual(named);
    for (const { command: words, secrets: mounted = [] } of Object.values(services))
      expect([...mounted].sort()).toEqual(words[0] === "node" ? named : []);
    for (const { file, external } of Object.values(secrets))
      expect(external === true || existsSync(join(deploy, file ?? ""))).toBe(true);
  });

  it("keeps what a store has in a volume that there is", () => {
    const { volumes, services } = stackIn(name);
    const mounted = Object.values(services).flatMap(({ volumes: each = [] }) => each);
    expect(mounted.map((each) => each.split(":")[0]).sort()).toEqual(Object.keys(volumes).sort());
    expect(services.store?.volumes).toEqual([`store:${settings.service.folder}`]);
  });

  it("waits longer for a drain than the drain takes, and starts what others need before them", () => {
    const { services } = stackIn(name);
    for (const [, { stop_grace_period: grace = "0s" }] of ours(name))
      expect(Number.parseInt(grace, 10) * 1_000).toBeGreaterThan(settings.drainTimeout + 2_000);
    for (const { depends_on: needed = {} } of Object.values(services))
      for (const other of Object.keys(needed)) expect(Object.keys(services)).toContain(other);
  });

  it("has at least two nodes, and one store that ends before another begins", () => {
    const { services } = stackIn(name);
    const replicas = Object.values(services)
      .filter(({ command: words }) => words[0] === "node")
      .map(({ deploy: how }) => how?.replicas ?? 1);
    expect(Math.min(...replicas)).toBeGreaterThanOrEqual(2);
    expect(services.store?.deploy?.replicas ?? 1).toBe(1);
    expect(services.store?.deploy?.update_config?.order ?? "stop-first").toBe("stop-first");
  });
});

describe("examples/deploy/Dockerfile", () => {
  const lines = text("Dockerfile").replace(/\\\n/g, " ").split("\n");
  const of = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1).trim());

  it("copies files that are there", () => {
    const copied = of("COPY").filter((each) => !each.startsWith("--from"));
    expect(copied.length).toBeGreaterThan(1);
    for (const each of copied)
      for (const path of each.split(/\s+/).slice(0, -1)) expect(existsSync(join(root, path))).toBe(true);
    for (const name of STACKS)
      for (const { build } of Object.values(stackIn(name).services)) {
        if (build === undefined) continue;
        expect(existsSync(join(deploy, build.context, build.dockerfile))).toBe(true);
      }
  });

  it("puts the settings and all their manifests where the program is told to look", () => {
    const [, config = ""] = /RUNNER_CONFIG=(\S+)/.exec(of("ENV").join(" ")) ?? [];
    const copy = of("COPY").find((each) => each.includes("runner.yaml")) ?? "";
    const files = copy.split(/\s+/);
    expect(posix.dirname(config)).toBe(files.at(-1)?.replace(/\/$/, ""));
    const names = files.slice(0, -1).map((path) => posix.basename(path));
    const { manifests } = parse(text("runner.yaml")) as { readonly manifests: Record<string, string> };
    expect(names.sort()).toEqual([posix.basename(config), ...Object.values(manifests)].sort());
  });

  it("asks for health where the process listens, on a path that it has", () => {
    expect(of("EXPOSE")).toEqual([port]);
    expect(of("HEALTHCHECK").join(" ")).toContain(`http://127.0.0.1:${port}/health`);
    expect(of("VOLUME")).toEqual([settings.service.folder]);
    expect(of("STOPSIGNAL")).toEqual(["SIGTERM"]);
    for (const name of STACKS)
      for (const [, { healthcheck }] of ours(name))
        if (healthcheck !== undefined)
          expect(healthcheck.test.join(" ")).toContain(`http://127.0.0.1:${port}/ready`);
  });

  it("runs this package's command, with the clients of NATS that it needs", () => {
    const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const [entry = ""] = JSON.parse(of("ENTRYPOINT")[0] ?? "[]");
    expect(Object.keys(manifest.bin)).toContain(posix.basename(entry));
    const run = of("RUN").join(" ");
    for (const client of Object.keys(manifest.peerDependencies).filter((each) =>
      each.startsWith("@nats-io/"),
    ))
      expect(run).toContain(`${client}@${manifest.peerDependencies[client].replace(/^\^(\d+).*/, "$1")}`);
  });
});

describe("the manifests of examples/deploy", () => {
  it.each(["sagas.yaml", "effects.toml", "programs.json"])("%s says what the simulated nodes run", (name) => {
    expect(parseFile({ [name]: text(name) }, name)).toEqual(parseFile(DEFAULT_FILES, name));
  });

  it("lie beside a page that explains them", () => {
    const page = text("README.md");
    for (const file of ["Dockerfile", "compose.yaml", "stack.yaml", "runner.yaml"])
      expect(page).toContain(file);
    expect(dirname(join(deploy, "README.md"))).toBe(deploy);
  });
});
