import { describe, expect, it } from "vitest";
import {
  type Observation,
  ObservationMachine,
  observerKeys,
  type SignedObservation,
  signObservation,
} from "../../../src/model/resources/observations.js";
import { type Defects, noDefects } from "../../../src/model/resources/types.js";
import { Log, planted } from "./machines.js";

const SIGNERS = ["aws-a", "gcp-a", "azure-a"];
const keys = new Map(SIGNERS.map((signer) => [signer, observerKeys(7, signer)]));

function observations(defects: Defects = noDefects) {
  const publicKeys = new Map([...keys].map(([signer, pair]) => [signer, pair.publicKey]));
  return new Log(new ObservationMachine(publicKeys, defects));
}
type Observations = ReturnType<typeof observations>;

function signed(signer: string, sequence: number, health: Observation["health"] = "lost"): SignedObservation {
  const pair = keys.get(signer);
  if (pair === undefined) throw new RangeError(signer);
  return signObservation(pair, { signer, domain: "aws", health, sequence });
}
const observe = (log: Observations, observation: SignedObservation) =>
  log.apply({ type: "observe", observation, schemaId: "order-observation.v1" });

describe("observations", () => {
  it("are taken when they are signed by a known observer", () => {
    expect(observe(observations(), signed("gcp-a", 1)).writes).toContainEqual({
      key: "observation/gcp-a/aws",
      value: { sequence: 1, health: "lost" },
    });
  });

  it("are refused when anything in them is not what was signed, or by whom", () => {
    const log = observations();
    const refusal = { result: { ok: false, reason: "bad-signature" }, writes: [] };
    expect(observe(log, { ...signed("gcp-a", 1), health: "healthy" })).toEqual(refusal);
    expect(observe(log, { ...signed("gcp-a", 1), signer: "azure-a" })).toEqual(refusal);
    expect(observe(log, { ...signed("gcp-a", 1), signature: "" })).toEqual(refusal);
    expect(observe(log, { ...signed("gcp-a", 1), signer: "stranger" })).toEqual(refusal);
  });

  it("are refused when they are not newer than the signer's last one", () => {
    const log = observations();
    observe(log, signed("gcp-a", 2));
    expect(observe(log, signed("gcp-a", 2)).result).toMatchObject({ reason: "stale-observation" });
    expect(observe(log, signed("gcp-a", 1)).result).toMatchObject({ reason: "stale-observation" });
    expect(observe(log, signed("azure-a", 1)).result).toMatchObject({ ok: true });
  });

  it("become one resource event when the majority's view changes", () => {
    const log = observations();
    const event = { domain: "aws", health: "lost", resources: expect.arrayContaining(["orders"]) };
    expect(observe(log, signed("aws-a", 1, "healthy")).result).toMatchObject({ event: false });
    expect(observe(log, signed("gcp-a", 1)).result).toMatchObject({ event: true, health: "degraded" });
    expect(observe(log, signed("azure-a", 1)).writes).toContainEqual({ key: "event/2", value: event });
    expect(observe(log, signed("azure-a", 2)).result).toMatchObject({ event: false });
  });

  it("are taken unsigned, or again, under the planted defects only", () => {
    const unsigned = observations(planted("unsigned-observation-accepted"));
    expect(observe(unsigned, { ...signed("gcp-a", 1), signature: "" }).result).toMatchObject({ ok: true });
    const replayed = observations(planted("replayed-observation-accepted"));
    observe(replayed, signed("gcp-a", 1));
    expect(observe(replayed, signed("gcp-a", 1)).result).toMatchObject({ ok: true });
  });

  it("refuse unknown schemas", () => {
    const command = { type: "observe", observation: signed("gcp-a", 1), schemaId: "v9" } as const;
    expect(observations().result(command)).toMatchObject({ reason: "unknown-schema" });
  });

  it("restore from a snapshot to the same state", () => {
    const log = observations();
    observe(log, signed("gcp-a", 1));
    observe(log, signed("azure-a", 4));
    const json = JSON.parse(JSON.stringify(log.machine.snapshot()));
    const restored = observations();
    restored.machine.restore(json);
    expect(restored.machine.snapshot()).toEqual(json);
  });
});
