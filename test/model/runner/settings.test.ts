import { describe, expect, it } from "vitest";
import { DEFAULT_FILES } from "../../../src/model/runner/business/files.js";
import { loadManifests } from "../../../src/model/runner/manifest.js";
import { loadSettings, parseEnvironment } from "../../../src/model/runner/settings.js";

const changed = (from: string, to: string) => ({
  ...DEFAULT_FILES,
  "runner.yaml": (DEFAULT_FILES["runner.yaml"] ?? "").replace(from, to),
});

describe("a node's settings", () => {
  it("come from a file", () => {
    expect(loadSettings(DEFAULT_FILES, {})).toMatchObject({
      mode: "combined",
      consumers: { ackWait: 2_000, maxDeliver: 5 },
      tenancy: { enabled: true, defaultTenant: "" },
    });
  });

  it("are overridden by the environment, each by a variable with its path", () => {
    const environment = parseEnvironment(
      "# of one node\nRUNNER_MODE=saga\nRUNNER_CONSUMERS_ACK_WAIT=900\nRUNNER_BROKERS=a, b\nRUNNER_SHARD=7\n",
      "environment",
    );
    expect(loadSettings(DEFAULT_FILES, environment)).toMatchObject({
      mode: "saga",
      brokers: ["a", "b"],
      shard: "7",
      consumers: { ackWait: 900, maxDeliver: 5 },
    });
  });

  it.each(["yaml", "toml", "json"] as const)("can be written in %s", (ending) => {
    const settings = loadSettings(DEFAULT_FILES, {});
    const text = ending === "toml" ? toml(settings) : JSON.stringify(settings); // JSON is YAML
    const files = { [`my.${ending}`]: text };
    expect(loadSettings(files, { RUNNER_CONFIG: `my.${ending}` })).toEqual(settings);
  });

  it.each([
    [
      "mode: combined",
      "mode: both",
      'runner.yaml: mode: expected "saga" | "effect" | "combined", got "both"',
    ],
    ["events: AGGREGATE_EVENTS, ", "", "runner.yaml: streams.events: is missing"],
    [
      "durablePrefix: runner",
      "durablePrefix: run.ner",
      'runner.yaml: consumers.durablePrefix: expected a name of letters, digits, - and _, got "run.ner"',
    ],
    [
      "maxDeliver: 5",
      "maxDeliver: 1",
      "runner.yaml: consumers.maxDeliver: expected a whole number from 2, got 1",
    ],
    [
      "ttl: 2000",
      "ttl: 500",
      "runner.yaml: lease.ttl: expected at least three times lease.heartbeat (500), got 500",
    ],
    [
      "maxInFlight: 1",
      "maxInFlight: 4",
      "runner.yaml: consumers.maxInFlight: expected 1 while consumers.perKeyOrder is on, got 4",
    ],
    ["drainTimeout", "drainTimeuot", 'runner.yaml: drainTimeuot: unknown key; did you mean "drainTimeout"?'],
  ])("are refused with one sentence for %s → %s", (from, to, message) => {
    expect(() => loadSettings(changed(from, to), {})).toThrow(message);
  });

  it("have defaults for whatever only its owner need not know", () => {
    const least = [
      "mode: saga",
      "brokers: [b]",
      "store: s",
      "gateway: g",
      "streams: { events: E, commands: C, facts: F }",
      "consumers: { maxDeliver: 7 }",
      "manifests: { sagas: s.yaml, effects: e.toml, programs: p.json }",
    ].join("\n");
    expect(loadSettings({ "runner.yaml": least }, { RUNNER_TENANCY_ENABLED: "true" })).toMatchObject({
      consumers: {
        durablePrefix: "runner",
        perKeyOrder: true,
        maxInFlight: 1,
        ackWait: 30_000,
        maxDeliver: 7,
      },
      tenancy: { enabled: true, defaultTenant: "" },
      placementBucket: "TENANT_PLACEMENT",
      drainTimeout: 25_000,
    });
    expect(() => loadSettings({ "runner.yaml": least.replace("mode: saga\n", "") }, {})).toThrow(
      "runner.yaml: mode: is missing",
    );
  });

  it("are refused when the environment sets what is no setting", () => {
    expect(() => loadSettings(DEFAULT_FILES, { RUNNER_MOOD: "good" })).toThrow(
      "RUNNER_MOOD: there is no such setting",
    );
  });

  it("are refused when there is no such file, or it is not what its name says", () => {
    expect(() => loadSettings({}, {})).toThrow("runner.yaml: there is no such file; files are none");
    expect(() => loadSettings({ "a.json": "{" }, { RUNNER_CONFIG: "a.json" })).toThrow(
      "a.json: this is no JSON",
    );
  });
});

describe("manifests", () => {
  const settings = loadSettings(DEFAULT_FILES, {});
  const load = (name: string, from: string, to: string) => () =>
    loadManifests({ ...DEFAULT_FILES, [name]: (DEFAULT_FILES[name] ?? "").replace(from, to) }, settings);

  it("name sagas, effects and programs that are there", () => {
    const { sagas, effects, programs } = loadManifests(DEFAULT_FILES, settings);
    expect(sagas.map(({ name }) => name)).toEqual(["fulfilment", "closing"]);
    expect([...effects.keys()]).toEqual(["charge", "refund", "ship", "unship"]);
    expect([...programs.keys()]).toEqual(["fulfilment", "fulfilment-compensation", "closing"]);
  });

  it("are refused when a program is not there", () => {
    expect(load("sagas.yaml", "onEvent: closing", "onEvent: opening")).toThrow(
      'sagas.yaml: sagas[1].onEvent: there is no program "opening"; programs are fulfilment, fulfilment-compensation, closing',
    );
  });

  it("are refused for a saga with the name that effects have in the store", () => {
    expect(load("sagas.yaml", "name: closing", "name: effect")).toThrow(
      'sagas.yaml: sagas[1].name: "effect" is reserved',
    );
  });

  it("are refused for a program with a circle, or with a node that is not there", () => {
    const program = (nodes: object) => ({
      ...DEFAULT_FILES,
      "programs.json": JSON.stringify({ programs: [{ name: "closing", nodes, result: "a" }] }),
    });
    expect(() =>
      loadManifests(program({ a: { op: "not", of: "b" }, b: { op: "not", of: "a" } }), settings),
    ).toThrow("programs.json: programs[0].nodes.a: it depends on itself");
    expect(() => loadManifests(program({ a: { op: "not", of: "c" } }), settings)).toThrow(
      'programs.json: programs[0].nodes.a: there is no node "c"',
    );
  });

  it("are refused for credentials that are no reference", () => {
    expect(load("effects.toml", "secret:payments", "hunter2")).toThrow(
      'expected a reference that begins with "secret:"',
    );
  });
});

/** Just as much TOML as settings need. */
function toml(value: object, above = ""): string {
  const entries = Object.entries(value);
  const isTable = (each: unknown) => typeof each === "object" && each !== null && !Array.isArray(each);
  const plain = entries
    .filter(([, each]) => !isTable(each))
    .map(([name, each]) => `${name} = ${JSON.stringify(each)}`);
  const tables = entries.filter(([, each]) => isTable(each));
  const below = tables.map(([name, each]) => `[${above}${name}]\n${toml(each, `${above}${name}.`)}`);
  return [...plain, ...below].join("\n");
}
