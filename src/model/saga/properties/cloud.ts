/**
 * What the engine may rely on at the cloud: it refuses what can't be done, for the reason that it gives, and it lists what its
 * calls have led to. A reply is held against what was so at some moment between the call and the reply. Not verified: what it
 * answers to a question about a token.
 */
import type { HistoryEvent, Json } from "seedstorm";
import { fields, type Property, same, text, when, where } from "seedstorm/check";
import { UNOBTAINABLE } from "../cloud.js";
import { CLOUD, type CloudState, cloudState } from "./cloud-state.js";
import type { ExternalEvent, Fields } from "./state.js";

/** What is said by a cloud that did not look at the call. */
const UNAVAILABLE = "service unavailable";

export const cloudRefusesForAReason: Property = {
  id: "cloud-refuses-for-a-reason",
  kind: "always",
  sentence:
    "The cloud refuses only what can't be done, for the reason that it gives, and never removes what is protected unless by force.",
  subscribes: ["external"],
  start(context) {
    const cloud = context.view(cloudState);
    /** By host and token: the reasons that there were since it was called. */
    const open = new Map<string, { readonly call: ExternalEvent; readonly reasons: Set<string> }>();

    function look(): void {
      for (const { call, reasons } of open.values()) {
        const reason = reasonAgainst(call, cloud);
        if (reason !== undefined) reasons.add(reason);
      }
    }

    function replied(event: ExternalEvent, key: string): void {
      const asked = open.get(key);
      open.delete(key);
      const error = text(event.value, "error");
      if (asked === undefined || error === "" || error === UNAVAILABLE || isOfTheWay(event)) return;
      context.checked();
      if (asked.reasons.has(error)) return;
      context.violated(
        event.token,
        `The cloud refused to ${event.operation} for token ${event.token} as ${error} ${when(event)}, for which there was no reason since it was asked ${where(asked.call)}.`,
        [asked.call, event],
      );
    }

    return {
      on(event) {
        if (event.kind !== "external" || event.service !== CLOUD) return;
        const key = `${event.host} ${event.operation} ${event.token}`;
        if (event.phase === "reply") replied(event, key);
        else if (event.phase === "applied") {
          const removed = protectedThing(event, cloud);
          context.checked();
          if (removed) {
            context.violated(
              event.token,
              `The cloud removed a protected resource ${when(event)}, for token ${event.token}, and nobody had asked for that by force.`,
              [event],
            );
          }
          look();
        } else {
          open.set(key, { call: event, reasons: new Set() });
          look();
        }
      },
    };
  },
};

/** A status or a reset: what stands before the cloud has answered in its place. */
const isOfTheWay = ({ value }: ExternalEvent): boolean =>
  fields(value)?.status !== undefined || fields(value)?.unknown === true;

/** Why the cloud can't do it as things are. */
function reasonAgainst({ operation, token, value }: ExternalEvent, cloud: CloudState): string | undefined {
  if (cloud.spent.has(token)) return "token-spent";
  const body = fields(value) ?? {};
  const resource = cloud.resources.get(text(body, "resource"));
  switch (operation) {
    case "create":
      return text(body.spec, "size") === UNOBTAINABLE ? "quota-exceeded" : undefined;
    case "resize":
      return text(body, "size") === UNOBTAINABLE
        ? "quota-exceeded"
        : resource === undefined
          ? "not-found"
          : undefined;
    case "suspend":
      return resource === undefined ? "not-found" : undefined;
    case "delete":
      return resource?.spec.protect === true ? "protected" : undefined;
    case "revert": {
      const call = cloud.applied.get(text(body, "of"));
      if (call?.operation === "delete") return "irreversible";
      const made = call?.operation === "create" ? cloud.resources.get(call.resource) : undefined;
      return made?.spec.protect === true && body.force !== true ? "protected" : undefined;
    }
    default:
      return undefined;
  }
}

/** Whether what was applied has taken something away that is protected, without force; the view has applied it already. */
function protectedThing({ operation, token }: ExternalEvent, cloud: CloudState): boolean {
  const body = cloud.bodies.get(token) ?? {};
  if (operation === "delete") return cloud.applied.get(token)?.before?.spec.protect === true;
  if (operation !== "revert" || body.force === true) return false;
  const call = cloud.applied.get(text(body, "of"));
  return call?.operation === "create" && isProtected(cloud.bodies.get(text(body, "of")));
}

const isProtected = (created: Fields | undefined): boolean => fields(created?.spec)?.protect === true;

export const cloudListsWhatItHolds: Property = {
  id: "cloud-lists-what-it-holds",
  kind: "always",
  sentence: "What the cloud lists is what the calls that it applied have led to.",
  subscribes: ["external"],
  start(context) {
    const cloud = context.view(cloudState);
    /** By host and token: what there was since the list was asked for. */
    const open = new Map<string, { readonly call: ExternalEvent; readonly seen: Json[] }>();

    function answered(event: ExternalEvent, key: string): void {
      const asked = open.get(key);
      open.delete(key);
      if (asked === undefined || !Array.isArray(event.value)) return;
      const listed = byId(event.value.map((item) => fields(item) ?? {}));
      context.checked();
      if (asked.seen.some((there) => same(there, listed))) return;
      context.violated(
        event.token,
        `The cloud listed ${JSON.stringify(listed)} ${where(event)}, and since it was asked ${when(asked.call)} there was never just that, but ${JSON.stringify(asked.seen[asked.seen.length - 1] ?? null)}.`,
        [asked.call, event],
      );
    }

    function look(_: HistoryEvent): void {
      if (open.size === 0) return;
      const there = byId([...cloud.resources.values()]);
      for (const { seen } of open.values()) seen.push(there);
    }

    return {
      on(event) {
        if (event.kind !== "external" || event.service !== CLOUD) return;
        if (event.phase === "applied") return look(event);
        if (event.operation !== "list") return;
        const key = `${event.host} ${event.token}`;
        if (event.phase === "reply") return answered(event, key);
        open.set(key, { call: event, seen: [byId([...cloud.resources.values()])] });
      },
    };
  },
};

/** A resource, whoever tells of it. */
interface Listed {
  readonly id?: unknown;
  readonly deployment?: unknown;
  readonly spec?: unknown;
}

/** Each resource with its deployment and spec, by its id. */
function byId(resources: readonly Listed[]): Json {
  const sorted: Record<string, Json> = {};
  for (const { id, deployment, spec } of resources) {
    sorted[String(id)] = { deployment: String(deployment), spec: (spec ?? null) as Json }; // as the cloud has it
  }
  return sorted;
}
