/**
 * That a checkpoint can be believed: everything of its tenant, saga and lane up to there has been dealt with. What the broker
 * itself gave up after its last delivery may be written down a little later.
 */
import type { HistoryEvent } from "seedstorm";
import { ensure, type Property, text, when, whole } from "seedstorm/check";
import { parseKey } from "../keys.js";
import type { QuarantineRecord } from "../records.js";
import { addressOf } from "../subjects.js";
import { runnerState } from "./state.js";

interface Gap {
  readonly place: string;
  readonly key: string;
  readonly event: HistoryEvent;
  readonly checkpoint: number;
}

export const noGap: Property = {
  id: "checkpoint-leaves-no-gap",
  kind: "eventually",
  sentence:
    "Every event up to a saga's checkpoint has been processed or quarantined when the checkpoint gets there, or was given up by the broker.",
  subscribes: ["client", "durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const subjects = new Map<string, string>();
    /** Messages in the order of their sequences, by stream and lane. */
    const lanes = new Map<string, Map<number, { readonly tenant: string; readonly type: string }>>();
    const processed = new Set<string>();
    const quarantined = new Set<string>();
    const gaps: Gap[] = [];
    /** How far a checkpoint was judged. */
    const judged = new Map<string, number>();
    return {
      subscribes: ["client", "durable"],
      on(event) {
        if (event.kind === "client") {
          if (event.operation !== "broker/publish") return;
          if (event.phase === "call") subjects.set(event.requestId, text(event.value, "subject"));
          if (event.phase === "ok")
            note(event.requestId, text(event.value, "stream"), whole(event.value, "sequence") ?? 0);
          return;
        }
        for (const { value } of state.markers) {
          processed.add(`${value.saga} ${value.stream}/${value.sequence}`);
          processed.add(`${value.saga} ${value.tenant} ${value.eventId}`);
        }
        for (const { namespace, after } of state.changes) {
          if (namespace !== "quarantine" || after === undefined) continue;
          const { stream, sequence } = after.value as unknown as QuarantineRecord; // only such are put
          quarantined.add(`${stream}/${sequence}`);
        }
        for (const { namespace, key, after } of state.changes) {
          if (namespace === "checkpoint" && after !== undefined) judge(key, Number(after.value), event);
        }
      },
      end() {
        for (const { place, key, event, checkpoint } of gaps) {
          if (quarantined.has(place)) continue;
          context.violated(
            key,
            `The checkpoint ${key} got to ${checkpoint} ${when(event)}, past ${place}, which nobody had dealt with.`,
            [event],
          );
        }
      },
    };

    function note(requestId: string, stream: string, sequence: number): void {
      const address = addressOf(subjects.get(requestId) ?? "");
      if (address === undefined) return;
      const lane = `${stream} ${address.range}.${address.lane}`;
      ensure(lanes, lane, () => new Map<number, { tenant: string; type: string }>()).set(sequence, address);
    }

    function judge(key: string, checkpoint: number, event: HistoryEvent): void {
      const [tenant = "", saga = "", stream = "", lane = ""] = parseKey(key)?.parts ?? [];
      const from = judged.get(key) ?? 0;
      judged.set(key, Math.max(from, checkpoint));
      for (const [sequence, message] of lanes.get(`${stream} ${lane}`) ?? []) {
        if (sequence <= from || sequence > checkpoint || message.tenant !== tenant) continue;
        if (!state.triggered(stream, message.type).includes(saga)) continue;
        const place = `${stream}/${sequence}`;
        const eventId = state.ids.get(place) ?? "";
        context.checked();
        const isDone =
          processed.has(`${saga} ${place}`) ||
          processed.has(`${saga} ${tenant} ${eventId}`) ||
          quarantined.has(place);
        if (!isDone) gaps.push({ place, key, event, checkpoint });
      }
    }
  },
};
