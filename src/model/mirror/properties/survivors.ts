/**
 * Survivors are owed liveness: while clusters are gone for good, or two settings are in use, and nothing else is wrong, each write is
 * done in a bounded time, and each grain has its primary among those that are left. It is judged from soon after the loss on, long
 * before the heal. Not verified: reads of a cluster that is lost, which nobody can answer.
 */
import { type EventOf, type Micros, SECOND, settingsOf } from "seedstorm";
import { nothingWrongBut, onlyLossesFrom, type Property, text, time, when } from "seedstorm/check";
import { MIRROR_DEFAULTS } from "../knobs.js";

type ClientEvent = EventOf<"client">;

/** Missed pings, claims and activations. */
const NOTICED: Micros = 8 * SECOND;
/** An application looks for the primary again when it finds none. */
const WRITTEN_WITHIN: Micros = 4 * SECOND;
const READ_WITHIN: Micros = 2 * SECOND;
/** What is under way when an operator takes a grain out may stay unknown. */
const TAKEN_OUT: Micros = 4 * SECOND;

export const survivorsServeApplications: Property = {
  id: "survivors-serve-applications",
  kind: "eventually",
  sentence:
    "While clusters are lost for good and nothing else is wrong, each write is done and each read at a surviving cluster is answered, in a bounded time.",
  subscribes: ["client", "host", "operator"],
  start(context) {
    const { plan } = context;
    const losses = onlyLossesFrom(plan);
    if (losses === undefined) return {};
    const from = losses + settingsOf(plan.knobs, MIRROR_DEFAULTS).grace + NOTICED;
    const lost = new Set<string>();
    const open = new Map<string, ClientEvent>();
    /** By grain: when it was taken out last. */
    const retired = new Map<string, Micros>();

    function judge(call: ClientEvent, at: Micros, end: ClientEvent | undefined): void {
      const isWrite = call.operation === "write";
      if (!isWrite && lost.has(text(call.value, "cluster"))) return;
      if ((retired.get(call.key) ?? Number.NEGATIVE_INFINITY) >= call.at - TAKEN_OUT) return;
      const inTime = at - call.at <= (isWrite ? WRITTEN_WITHIN : READ_WITHIN);
      if (end === undefined && inTime) return;
      context.checked();
      if (inTime && (end?.phase === "ok" || (!isWrite && end?.phase === "fail"))) return;
      const found =
        end === undefined ? `had no answer by ${time(at)}` : `was answered with ${end.phase} ${when(end)}`;
      context.violated(
        call.requestId,
        `The ${call.operation} of ${call.key} was asked for ${when(call)}, ${nothingWrongBut(losses ?? 0, lost)}, and ${found}.`,
        end === undefined ? [call] : [call, end],
      );
    }

    return {
      on(event) {
        if (event.kind === "operator") {
          if (event.operation === "retire") retired.set(text(event.detail, "grain"), event.at);
        } else if (event.kind === "host") {
          if (event.phase === "gone") lost.add(event.host);
        } else if (event.kind === "client") {
          if (event.phase === "call") {
            if (event.at >= from) open.set(event.requestId, event);
            return;
          }
          const call = open.get(event.requestId);
          open.delete(event.requestId);
          if (call !== undefined) judge(call, event.at, event);
        }
      },
      end(at) {
        for (const call of open.values()) judge(call, at, undefined);
      },
    };
  },
};
