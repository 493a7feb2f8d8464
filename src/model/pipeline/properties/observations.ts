/**
 * Observations tell and decide nothing: G12.
 *
 * Signatures are not in the history. What stands for them is who said it: an observation that was committed
 * for a signer must have been recorded by that signer's own host before (a state fact of the entity
 * `observation`). Not verified: the signature itself, which the resource's own tests check.
 */

import { list, type Property, time, when, where, whole } from "seedstorm/check";
import type { DurableEvent } from "../../replication/properties/committed.js";
import type { ObservationChange } from "./changes.js";
import { allows } from "./delivery.js";
import { pipelineState } from "./state.js";

export const observationsAreSigned: Property = {
  id: "observations-are-signed",
  alias: "G12",
  kind: "always",
  sentence:
    "Committed observations come from their signers, their sequences increase for each signer and domain, and no placement is ever widened.",
  subscribes: ["durable", "state"],
  start(context) {
    const state = context.view(pipelineState);
    /** What observers reported on their own hosts. */
    const reported = new Set<string>();
    const last = new Map<string, { readonly sequence: number; readonly event: DurableEvent }>();
    const placements = new Map<
      string,
      { readonly placement: readonly string[]; readonly event: DurableEvent }
    >();

    function observed(change: ObservationChange, event: DurableEvent): void {
      const subject = `${change.signer} on ${change.domain}`;
      const before = last.get(subject);
      last.set(subject, { sequence: change.sequence, event });
      context.checked();
      if (before !== undefined && change.sequence <= before.sequence) {
        context.violated(
          subject,
          `Observation ${change.sequence} of ${subject} was committed ${where(event)}, after observation ${before.sequence} ${when(before.event)}.`,
          [before.event, event],
        );
      }
      if (reported.has(`${change.signer}/${change.domain} ${change.sequence} ${change.health}`)) return;
      context.violated(
        `word of ${subject}`,
        `Observation ${change.sequence} of ${subject} (${change.health}) was committed ${where(event)}, but ${change.signer} never made it.`,
        [event],
      );
    }

    function placed(group: string, placement: readonly string[], event: DurableEvent): void {
      const before = placements.get(group);
      placements.set(group, { placement, event });
      if (before === undefined) return;
      context.checked();
      const wider = placement.filter((path) => !allows(before.placement, path));
      if (wider.length === 0) return;
      context.violated(
        `placement of ${group}`,
        `The placement of ${group} was widened by ${list(wider)} ${where(event)}: since ${time(before.event.at)} it allowed ${list(before.placement)}.`,
        [before.event, event],
      );
    }

    state.listen((event) => {
      for (const change of state.changes) {
        if (change.of === "observation") observed(change, event);
        else if (change.of === "group") placed(change.group, change.placement, event);
      }
    });
    return {
      subscribes: ["state"],
      on(event) {
        if (event.kind !== "state" || event.entity !== "observation") return;
        if (!event.name.startsWith(`${event.host}/`)) return;
        reported.add(`${event.name} ${whole(event.detail, "sequence") ?? 0} ${event.to}`);
      },
    };
  },
};
