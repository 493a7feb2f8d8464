/**
 * Step modules by name, as each version of the code has them, and the step lists that each version makes for
 * a kind of run.
 *
 * A run keeps the names of the version that started it. The second version has renamed two modules; it must
 * still find them under their old names as long as runs live that know no others.
 */
import type { Host } from "seedstorm";
import { GOALS } from "../goals.js";
import type { Fields, SagaKind } from "../records.js";
import type { SagaState, Step } from "../step.js";
import { echo, fail } from "./proof.js";
import { create, normalizeSpec, remove, removeLeftover, resize, suspend } from "./resources.js";

const specOf = ({ context }: SagaState): Fields => (context.spec ?? {}) as Fields; // as the spec was normalized
const addressOf = ({ inputs }: SagaState): Fields => ({ size: inputs.address ?? "ipv4" });

/** Names that every version has. */
const COMMON: Readonly<Record<string, Step>> = {
  "Steps.Echo": echo,
  "Steps.Fail": fail,
  "Steps.NormalizeSpec": normalizeSpec,
  "Steps.CreateNetwork": create("network", () => ({ range: "10.0.0.0/24" })),
  "Steps.CreateAddress": create("address", addressOf),
  "Steps.SuspendServer": suspend("server"),
  "Steps.ReleaseAddress": remove("address"),
  "Steps.DeleteServer": remove("server"),
  "Steps.DeleteNetwork": remove("network"),
  "Steps.RemoveLeftover": removeLeftover,
};

const createServer = create("server", specOf);
const resizeServer = resize("server");

/** By version, from 1: names and what is new or renamed. */
const VERSIONS: readonly Readonly<Record<string, Step>>[] = [
  { ...COMMON, "Steps.CreateServer": createServer, "Steps.ResizeServer": resizeServer },
  { ...COMMON, "Steps.Compute.CreateServer": createServer, "Steps.Compute.ResizeServer": resizeServer },
];

/** What renamed modules were called before. */
const OLD_NAMES: Readonly<Record<string, string>> = {
  "Steps.CreateServer": "Steps.Compute.CreateServer",
  "Steps.ResizeServer": "Steps.Compute.ResizeServer",
};

export const NEWEST_VERSION = VERSIONS.length;

/** The step of a module; undefined when this version knows none of this name. */
export function resolve(host: Host, version: number, module: string): Step | undefined {
  const steps = VERSIONS[version - 1] ?? {};
  const step = steps[module];
  if (step !== undefined || host.defect("AW12")) return step;
  const renamed = steps[OLD_NAMES[module] ?? ""];
  if (renamed !== undefined) host.reached(GOALS.oldName);
  return renamed;
}

/** The step list of a kind of run. */
export function template(kind: SagaKind, version: number): readonly string[] {
  const compute = version >= 2 ? "Steps.Compute" : "Steps";
  switch (kind) {
    case "provision":
      return ["Steps.NormalizeSpec", "Steps.CreateNetwork", `${compute}.CreateServer`, "Steps.CreateAddress"];
    case "update":
      return ["Steps.NormalizeSpec", `${compute}.ResizeServer`];
    case "suspend":
      return ["Steps.SuspendServer"];
    case "offboard":
      return ["Steps.SuspendServer", "Steps.ReleaseAddress", "Steps.DeleteServer", "Steps.DeleteNetwork"];
    case "rollback":
      return ["Steps.RemoveLeftover"];
    case "test":
      return ["Steps.Echo"];
  }
}
