/**
 * Observations tell and decide nothing: G12.
 *
 * Signatures are not in the history. What stands for them is who said it: an observation that was committed for a
 * signer must have been made by that signer before (`observe`, called by the signer with the same sequence and health). Not
 * verified: the signature itself, which the resource's own tests check.
 */
import type { EventOf } from "../../sim/history.js";
import type { DurableEvent } from "../committed.js";
import { text, whole } from "../json.js";
import type { Property } from "../property.js";
import { list, when, where } from "../tell.js";
import type { ObservationChange } from "./changes.js";
import { allows } from "./delivery.js";
import { pipelineState } from "./state.js";

export const G12: Property = {
  id: "G12",
  kind: "always",
  sentence:
    "Committed observations were made by their signers, their sequences increase for each signer and domain, and no placement is ever widened.",
  reads: ["durable", "client"],
  start(context) {
    const state = context.view(pipelineState);
    const made = new Map<string, EventOf<"client">>();
    const last = new Map<string, { readonly sequence: number; readonly event: DurableEvent }>();
    const placements = new Map<
      string,
      { readonly placement: readonly string[]; readonly event: DurableEvent }
    >();

    function observed(change: ObservationChange, event: DurableEvent): void {
      const subject = `${change.signer} on ${change.domain}`;
      const before = last.get(subject);
      last.set(subject, { sequence: change.sequence, event });
      context.compared();
      if (before !== undefined && change.sequence <= before.sequence) {
        context.violated(
          subject,
          `Observation ${change.sequence} of ${subject} was committed ${where(event)}, after observation ${before.sequence} ${when(before.event)}.`,
          [before.event, event],
        );
      }
      if (made.has(sayingOf(change.signer, change.domain, change.sequence, change.health))) return;
      context.violated(
        `saying of ${subject}`,
        `Observation ${change.sequence} of ${subject} (${change.health}) was committed ${where(event)}, but ${change.signer} never made it.`,
        [event],
      );
    }

    function placed(group: string, placement: readonly string[], event: DurableEvent): void {
      const before = placements.get(group);
      placements.set(group, { placement, event });
      if (before === undefined) return;
      context.compared();
      const wider = placement.filter((path) => !allows(before.placement, path));
      if (wider.length === 0) return;
      context.violated(
        `placement of ${group}`,
        `The placement of ${group} was widened by ${list(wider)} ${where(event)}: since ${when(before.event)} it allowed ${list(before.placement)}.`,
        [before.event, event],
      );
    }

    return {
      on(event) {
        if (event.kind === "client") {
          if (event.operation !== "observe" || event.phase !== "call") return;
          const { value } = event;
          const signer = text(value, "signer");
          if (signer !== event.host) return;
          made.set(
            sayingOf(signer, text(value, "domain"), whole(value, "sequence") ?? 0, text(value, "health")),
            event,
          );
        } else if (event.kind === "durable") {
          for (const change of state.changes) {
            if (change.of === "observation") observed(change, event);
            else if (change.of === "group") placed(change.group, change.placement, event);
          }
        }
      },
    };
  },
};

const sayingOf = (signer: string, domain: string, sequence: number, health: string): string =>
  `${signer} ${domain} ${sequence} ${health}`;
