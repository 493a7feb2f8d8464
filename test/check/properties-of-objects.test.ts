/** Ready properties for objects and transactions, on small systems in the storm: each holds on the sound one and fires on the broken. */
import { describe, expect, it } from "vitest";
import {
  linearizable,
  type ModelDefinition,
  serializable,
  snapshotIsolation,
  strictSerializable,
} from "../../src/check/index.js";
import {
  defineScenario,
  defineSystem,
  type Host,
  type Json,
  type Operation,
  type Outcome,
  type Property,
  rpc,
  runOn,
  seconds,
} from "../../src/index.js";

interface Asked {
  readonly f: string;
  readonly key: string;
  readonly value: Json;
}

const DO = rpc<Asked, Json>("do");
const TXN = rpc<Json, Json>("txn");

type Micro = readonly [f: string, key: string, value: Json];

/** Registers in memory; a broken one answers every third read with what was there before. */
const registers = (broken: boolean) => (host: Host) => {
  const held = new Map<string, Json>();
  const before = new Map<string, Json>();
  let reads = 0;
  host.onRequest(DO, ({ f, key, value }) => {
    if (f === "write") {
      before.set(key, held.get(key) ?? null);
      held.set(key, value);
      return null;
    }
    return (broken && ++reads % 3 === 0 ? before : held).get(key) ?? null;
  });
};

/** Lists in memory; a broken one lets a transaction read what was there when the one before began. */
const lists = (broken: boolean) => (host: Host) => {
  let held: Readonly<Record<string, readonly Json[]>> = {};
  let before = held;
  host.onRequest(TXN, (asked) => {
    const snapshot = broken ? before : held;
    before = held;
    return (asked as unknown as readonly Micro[]).map(([f, key, value]) => {
      if (f === "r") return [f, key, [...(snapshot[key] ?? [])]];
      held = { ...held, [key]: [...(held[key] ?? []), value] };
      return [f, key, value];
    });
  });
};

function run(
  server: (host: Host) => void,
  property: Property,
  workload: readonly Operation[],
): Promise<Outcome> {
  const system = defineSystem({
    id: "objects",
    roles: { server },
    clients: ["client"],
    operations: {
      do: (client, { body }) => {
        const asked = body as unknown as Asked;
        const call = { key: asked.key, value: asked.value };
        return client.operation(asked.f, call, () => client.request(DO, "server", asked));
      },
      txn: (client, { body }) =>
        client.operation("txn", { key: "", value: body }, () => client.request(TXN, "server", body)),
    },
    properties: [property],
  });
  const scenario = defineScenario({ system, hosts: { server: 1, client: 2 } });
  return runOn(system, { ...scenario.plan(1, { workload }), faults: [] });
}

const verdictOf = ({ properties }: Outcome, id: string) => properties.find((each) => each.id === id)?.verdict;
const messageOf = ({ violations }: Outcome, id: string) =>
  violations.find(({ property }) => property === id)?.message;

const asked = (f: string, value: Json, index: number): Operation => ({
  id: `o${index}`,
  at: seconds(1 + index),
  host: `client-${1 + (index % 2)}`,
  action: "do",
  body: { f, key: "k", value },
});
const readsAndWrites = Array.from({ length: 12 }, (_, i) =>
  asked(i % 2 === 0 ? "write" : "read", i % 2 === 0 ? i : null, i),
);

describe("linearizable", () => {
  const register = linearizable("register", { id: "registers" });
  const definition: ModelDefinition<Json> = {
    name: "cell",
    init: null,
    step: (state, { f, input, output, answered }) =>
      f === "write" ? input : !answered || output === state ? state : undefined,
    describe: (state) => `contains ${JSON.stringify(state)}`,
  };

  it.each([
    ["a ready model", register],
    ["a model of one's own", linearizable(definition, { id: "registers" })],
  ])("holds on a sound system and fires on a broken one, with %s", async (_, property) => {
    expect(verdictOf(await run(registers(false), property, readsAndWrites), "registers")).toBe("held");
    const broken = await run(registers(true), property, readsAndWrites);
    expect(verdictOf(broken, "registers")).toBe("violated");
    expect(messageOf(broken, "registers")).toMatch(
      /^client-2 was answered "read → 2" at 6\.\d+ s .*no order of the operations explains it/,
    );
  });

  it("judges only what the model's operations are about", async () => {
    const none = linearizable("register", { id: "registers", operation: () => undefined });
    expect(verdictOf(await run(registers(true), none, readsAndWrites), "registers")).toBe("vacuous");
  });

  it("knows what objects hold at first", async () => {
    const zero = linearizable("register", { id: "registers", initial: 0 });
    const outcome = await run(registers(false), zero, [asked("read", null, 0)]);
    expect(verdictOf(outcome, "registers")).toBe("violated");
  });
});

describe("what transactions promise", () => {
  const txn = (body: readonly Micro[], index: number): Operation => ({
    id: `t${index}`,
    at: seconds(1 + index),
    host: `client-${1 + (index % 2)}`,
    action: "txn",
    body: body as unknown as Json,
  });
  const workload = Array.from({ length: 10 }, (_, i) => {
    const [key, other] = i % 4 < 2 ? ["x", "y"] : ["y", "x"];
    return txn(
      [
        ["r", key, null],
        ["r", other, null],
        ["append", key, i],
      ],
      i,
    );
  });

  it.each([
    ["serializable", serializable],
    ["strictSerializable", strictSerializable],
    ["snapshotIsolation", snapshotIsolation],
  ])("%s holds on a sound store and fires on one that reads what was there before", async (_, property) => {
    const promised = property({ id: "promised" });
    expect(verdictOf(await run(lists(false), promised, workload), "promised")).toBe("held");
    const broken = await run(lists(true), promised, workload);
    expect(verdictOf(broken, "promised")).toBe("violated");
    expect(messageOf(broken, "promised")).toMatch(/T1 = .* \(client-\d, at \d+\.\d+ s to at \d+\.\d+ s\)/);
  });
});
