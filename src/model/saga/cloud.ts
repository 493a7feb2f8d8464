/**
 * The cloud: an outside service that creates, resizes, suspends and deletes what deployments are made of.
 *
 * It recognises a repeated call by its token, for longer than any run lasts, and answers it as the first
 * time. What a token did can be reverted, save for deletions. To revert a token that the cloud has not seen
 * spends it: should the call come after all, it is refused. Without that nobody could ever be sure that a
 * call which is still on its way won't be carried out after its compensation. A protected resource is not
 * removed unless by force. Names are no keys: a second call under another token makes a second resource.
 */

import type { ExternalCall, ExternalModel, ExternalResult, Json } from "seedstorm";
import { GOALS } from "./goals.js";
import type { Fields } from "./records.js";

/** The service's name. */
export const CLOUD = "cloud";

/** What the cloud answers to what it can't do, ever. */
export type CloudRefusal =
  | "quota-exceeded"
  | "not-found"
  | "protected"
  | "irreversible"
  | "token-spent"
  | "bad-call";

export interface CloudResource {
  readonly id: string;
  readonly kind: string;
  readonly deployment: string;
  /** What desired and actual are compared by. */
  readonly spec: Fields;
  /** The call that made it. */
  readonly token: string;
}

/** What a token did, and what it takes to undo it. */
interface CloudCall {
  readonly operation: string;
  readonly value: Json;
  /** The resource as it was before; undefined when the call made it. */
  readonly before: CloudResource | undefined;
  readonly resource: string;
}

/** A size that no quota allows. */
export const UNOBTAINABLE = "unobtainable";

const nothing = (): void => {};
const sound = (): boolean => false;

const refused = (error: CloudRefusal): ExternalResult => ({ ok: false, error });
const read = (value: Json): ExternalResult => ({ ok: true, value, applied: false });

export class Cloud implements ExternalModel {
  readonly #resources = new Map<string, CloudResource>();
  readonly #calls = new Map<string, CloudCall>();
  readonly #spent = new Set<string>();
  readonly #reached: (goal: string) => void;
  readonly #defect: (id: string) => boolean;
  #created = 0;

  /**
   * @param reached called with what campaigns should see happen. @param defect whether a planted defect is
   * switched on.
   */
  constructor(reached: (goal: string) => void = nothing, defect: (id: string) => boolean = sound) {
    this.#reached = reached;
    this.#defect = defect;
  }

  apply({ operation, token, body }: ExternalCall): ExternalResult {
    const known = this.#calls.get(token);
    if (operation === "find") return read({ state: this.#stateOf(token), value: known?.value ?? null });
    if (operation === "list") return read([...this.#resources.values()].map((resource) => ({ ...resource })));
    if (known !== undefined) {
      this.#reached(GOALS.replayed);
      return read(known.value);
    }
    if (this.#spent.has(token)) {
      this.#reached(GOALS.lateCallRefused);
      return refused("token-spent");
    }
    const fields = (typeof body === "object" && body !== null ? body : {}) as Fields; // anything else has no fields
    switch (operation) {
      case "create":
        return this.#create(token, fields);
      case "resize":
        return this.#change(operation, token, fields, { size: fields.size ?? null });
      case "suspend":
        return this.#change(operation, token, fields, { power: "off" });
      case "delete":
        return this.#delete(token, fields);
      case "revert":
        return this.#revert(token, fields);
      default:
        return refused("bad-call");
    }
  }

  #stateOf(token: string): "applied" | "spent" | "unknown" {
    if (this.#calls.has(token)) return "applied";
    return this.#spent.has(token) ? "spent" : "unknown";
  }

  #create(token: string, { kind, deployment, spec }: Fields): ExternalResult {
    const wanted = (spec ?? {}) as Fields; // whoever creates says what
    if (wanted.size === UNOBTAINABLE) return refused("quota-exceeded");
    const id = `${kind}-${++this.#created}`;
    this.#resources.set(id, { id, kind: String(kind), deployment: String(deployment), spec: wanted, token });
    return this.#done(token, {
      operation: "create",
      value: { resource: id },
      before: undefined,
      resource: id,
    });
  }

  #change(operation: string, token: string, fields: Fields, changes: Fields): ExternalResult {
    if (changes.size === UNOBTAINABLE) return refused("quota-exceeded");
    const before = this.#resources.get(String(fields.resource));
    if (before === undefined) return refused("not-found");
    this.#resources.set(before.id, { ...before, spec: { ...before.spec, ...changes } });
    return this.#done(token, { operation, value: { resource: before.id }, before, resource: before.id });
  }

  /** What is not there any more is deleted. */
  #delete(token: string, fields: Fields): ExternalResult {
    const id = String(fields.resource);
    const before = this.#resources.get(id);
    if (before?.spec.protect === true) return refused("protected");
    this.#resources.delete(id);
    return this.#done(token, { operation: "delete", value: { resource: id }, before, resource: id });
  }

  /** What is to be reverted stands under `of`; with `force` protected resources too. */
  #revert(token: string, { of, force }: Fields): ExternalResult {
    const reverted = String(of);
    const call = this.#calls.get(reverted);
    if (call === undefined) {
      if (!this.#defect("revert-leaves-no-trace")) this.#spent.add(reverted);
    } else if (call.operation === "delete") return refused("irreversible");
    else if (call.before === undefined) {
      const { spec } = this.#resources.get(call.resource) ?? {};
      if (spec?.protect === true && force !== true) return refused("protected");
      this.#resources.delete(call.resource);
    } else if (this.#resources.has(call.resource)) this.#resources.set(call.resource, call.before);
    const value = { of: reverted, operation: call?.operation ?? null };
    return this.#done(token, { operation: "revert", value, before: undefined, resource: "" });
  }

  #done(token: string, call: CloudCall): ExternalResult {
    this.#calls.set(token, call);
    return { ok: true, value: call.value, applied: true };
  }
}
