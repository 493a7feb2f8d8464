/**
 * Checkpoints that can be restored: G10, and G17 for what they say.
 *
 * Which copies of an object exist is taken from the object stores' own word (`objects-PROVIDER` applied a put of
 * that hash), not from the pointer's list alone. Not verified: the bytes themselves, of which the history keeps the
 * hash that a restore worked out, and a restore that found nothing while stores were cut off.
 */
import type { EventOf, Plan } from "seedstorm";
import { count, list, type Property, short, text, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import type { PointerChange } from "./changes.js";
import { pipelineState } from "./state.js";

const STORE = "objects-";

/** How many providers must hold an object: more than half of those that keep content. */
function objectQuorum(plan: Plan): number {
  const providers = new Set<string>();
  for (const { role, domain } of plan.topology) {
    if (role.startsWith("replica") && role !== "replica-witness") providers.add(domain.provider);
  }
  return Math.floor(providers.size / 2) + 1;
}

interface Pointer {
  readonly change: PointerChange;
  readonly event: DurableEvent;
}

export const checkpointsAreSound: Property = {
  id: "checkpoints-are-sound",
  alias: "G10",
  kind: "always",
  sentence:
    "A checkpoint's version strictly increases, its object is held by a quorum of providers when the pointer is set, and restored bytes hash to the pointer's hash.",
  subscribes: ["durable", "external", "client"],
  start(context) {
    const state = context.view(pipelineState);
    const quorum = objectQuorum(context.plan);
    /** By hash: the puts that stores applied. */
    const objects = new Map<string, Map<string, EventOf<"external">>>();
    const latest = new Map<string, Pointer>();
    const versions = new Map<string, Pointer>();
    /** Restores that are under way: the call, and the pointer that was latest then. */
    const restoring = new Map<
      string,
      { readonly call: EventOf<"client">; readonly latest: Pointer | undefined }
    >();

    function pointerSet(change: PointerChange, event: DurableEvent): void {
      const { name, version, sha256, bytes, objectCopies } = change;
      const before = latest.get(name);
      const pointer = { change, event };
      latest.set(name, pointer);
      versions.set(`${name} ${version}`, pointer);
      context.checked();
      if (before !== undefined && version <= before.change.version) {
        context.violated(
          name,
          `Checkpoint ${name} was set to version ${version} ${where(event)}, after version ${before.change.version} ${when(before.event)}.`,
          [before.event, event],
        );
      }
      const puts = objects.get(sha256);
      const held = [...new Set(objectCopies)].filter((provider) => isWhole(puts?.get(provider), bytes));
      if (held.length >= quorum) return;
      const evidence = held.map((provider) => puts?.get(provider)).filter((put) => put !== undefined);
      context.violated(
        `object of ${name}`,
        `Checkpoint ${name} was set to version ${version} ${where(event)} when its object ${short(sha256)} was known to be held by ${count(held.length, "provider")} (${list(held)}): ${quorum} are a quorum.`,
        [...evidence, event],
      );
    }

    function restored(event: EventOf<"client">): void {
      const begun = restoring.get(event.requestId);
      const version = whole(event.value, "version");
      if (begun === undefined || version === undefined) return;
      const pointer = versions.get(`${event.key} ${version}`);
      const sha256 = text(event.value, "sha256");
      context.checked();
      if (pointer === undefined) {
        context.violated(
          `restore of ${event.key}`,
          `A restore gave version ${version} of checkpoint ${event.key} ${where(event)}, which was never set.`,
          [event],
        );
      } else if (pointer.change.sha256 !== sha256) {
        context.violated(
          `restore of ${event.key}`,
          `A restore of checkpoint ${event.key} ${where(event)} gave bytes that hash to ${short(sha256)}, but the pointer of version ${version} (${when(pointer.event)}) says ${short(pointer.change.sha256)}.`,
          [pointer.event, begun.call, event],
        );
      } else if (begun.latest !== undefined && begun.latest.change.version > version) {
        context.violated(
          `restore of ${event.key}`,
          `A restore of checkpoint ${event.key} gave version ${version} ${where(event)}, though version ${begun.latest.change.version} was set ${when(begun.latest.event)}, before it began ${when(begun.call)}.`,
          [begun.latest.event, begun.call, event],
        );
      }
    }

    state.listen((event) => {
      for (const change of state.changes) if (change.of === "pointer") pointerSet(change, event);
    });
    return {
      subscribes: ["external", "client"],
      on(event) {
        if (event.kind === "external") {
          if (event.phase !== "applied" || event.operation !== "put" || !event.service.startsWith(STORE))
            return;
          const puts = objects.get(event.token) ?? new Map<string, EventOf<"external">>();
          puts.set(event.service.slice(STORE.length), event);
          objects.set(event.token, puts);
        } else if (event.kind === "client" && event.operation === "restore") {
          if (event.phase === "call") {
            restoring.set(event.requestId, { call: event, latest: latest.get(event.key) });
            return;
          }
          if (event.phase === "ok") restored(event);
          restoring.delete(event.requestId);
        }
      },
    };
  },
};

/** Whether a store took an object in its whole length, as far as the two lengths are known. */
function isWhole(put: EventOf<"external"> | undefined, bytes: number | undefined): boolean {
  if (put === undefined) return false;
  const stored = whole(put.value, "bytes");
  return stored === undefined || bytes === undefined || stored === bytes;
}

export const checkpointBehindCursor: Property = {
  id: "checkpoint-behind-cursor",
  alias: "G17",
  kind: "always",
  sentence:
    "A checkpoint is never ahead of the queue's committed cursor, and goes back only after an operator's reset.",
  subscribes: ["durable", "operator"],
  start(context) {
    const state = context.view(pipelineState);
    let cursor = 0;
    let moved: DurableEvent | undefined;
    const latest = new Map<string, Pointer>();
    const reset = new Set<string>();

    function pointerSet(change: PointerChange, event: DurableEvent): void {
      const { name } = change;
      if (change.cursor === undefined) return;
      const before = latest.get(name);
      latest.set(name, { change, event });
      context.checked();
      if (change.cursor > cursor) {
        context.violated(
          name,
          `Checkpoint ${name} was set ${where(event)} for cursor ${change.cursor}, when the queue had only come to ${cursor}.`,
          moved === undefined ? [event] : [moved, event],
        );
      } else if (
        before?.change.cursor !== undefined &&
        change.cursor < before.change.cursor &&
        !reset.has(name)
      ) {
        context.violated(
          name,
          `Checkpoint ${name} went back from cursor ${before.change.cursor} ${when(before.event)} to ${change.cursor} ${where(event)}, and no operator had reset it.`,
          [before.event, event],
        );
      }
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "pointer") pointerSet(change, event);
        else if (change.of === "cursor" && change.next > cursor) {
          cursor = change.next;
          moved = event;
        }
      }
    });
    return {
      subscribes: ["operator"],
      on(event) {
        if (event.kind !== "operator" || event.operation !== "checkpoint-reset") return;
        for (const name of latest.keys()) reset.add(name);
      },
    };
  },
};
