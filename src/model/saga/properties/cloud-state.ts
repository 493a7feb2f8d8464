/**
 * What the cloud holds, worked out again from nothing but the calls that it says it applied: which resources there are, of
 * which deployment, with which spec. What a call asked for is read from the attempts, of which every repeat has the same body.
 */
import type { HistoryEvent, Json } from "seedstorm";
import { type Check, fields, text, type ViewKind } from "seedstorm/check";
import type { ExternalEvent, Fields } from "./state.js";

export interface Resource {
  readonly id: string;
  readonly deployment: string;
  readonly spec: Fields;
}

interface Applied {
  readonly operation: string;
  readonly resource: string;
  readonly before: Resource | undefined;
}

export const CLOUD = "cloud";
/** What asks about a token, or about everything, and changes nothing. */
const READS = new Set(["find", "list"]);

export class CloudState implements Check {
  readonly resources = new Map<string, Resource>();
  /** By token: what was applied. */
  readonly applied = new Map<string, Applied>();
  /** Tokens that were reverted before they came. */
  readonly spent = new Set<string>();
  /** By token: what is asked for. */
  readonly bodies = new Map<string, Fields>();
  /** Deployments in which somebody has changed something by hand. */
  readonly tampered = new Set<string>();
  /** Counts the changes. */
  version = 0;

  on(event: HistoryEvent): void {
    if (event.kind !== "external" || event.service !== CLOUD || READS.has(event.operation)) return;
    if (event.phase === "attempt") this.bodies.set(event.token, fields(event.value) ?? {});
    else if (event.phase === "applied") this.#apply(event);
  }

  #apply({ operation, token, value }: ExternalEvent): void {
    const body = this.bodies.get(token) ?? {};
    const id = operation === "create" ? text(value, "resource") : text(body, "resource");
    const before = this.resources.get(id);
    this.version++;
    switch (operation) {
      case "create":
        this.#set({ id, deployment: text(body, "deployment"), spec: fields(body.spec) ?? {} });
        break;
      case "resize":
        if (before !== undefined) this.#change(before, { size: body.size ?? null });
        break;
      case "suspend":
        if (before !== undefined) this.#change(before, { power: "off" });
        break;
      case "delete":
        this.resources.delete(id);
        break;
      case "revert":
        this.#revert(text(body, "of"));
        break;
    }
    this.applied.set(token, { operation, resource: id, before });
    const touched = this.resources.get(id) ?? before;
    if (token.startsWith("by-hand:") && touched !== undefined) this.tampered.add(touched.deployment);
  }

  #set(resource: Resource): void {
    this.resources.set(resource.id, resource);
  }

  #change(before: Resource, changes: { readonly [field: string]: Json }): void {
    this.#set({ ...before, spec: { ...before.spec, ...changes } });
  }

  #revert(token: string): void {
    const call = this.applied.get(token);
    if (call === undefined) this.spent.add(token);
    else if (call.before === undefined) this.resources.delete(call.resource);
    else if (this.resources.has(call.resource)) this.#set(call.before);
  }
}

/** Reads external facts. */
export const cloudState: ViewKind<CloudState> = { subscribes: ["external"], start: () => new CloudState() };
