/**
 * Timers: N11. Judged by true time: a clock may lie about how late it is, but a timer that was to come after ten seconds
 * must not come after eight. Clocks drift by a twentieth at most, and a part's time is as old as its holder's last heartbeat.
 */
import { type HistoryEvent, MILLISECOND } from "seedstorm";
import { type Property, time, when, where } from "seedstorm/check";
import type { DedupeRecord, ScheduleRecord } from "../records.js";
import { asSaga, asSchedule, instanceText, type Row, runnerState } from "./state.js";

/** The fastest drift, and one and a half heartbeats. */
const EARLIEST = (after: number): number => Math.floor((after * 93) / 100) - 1_200 * MILLISECOND;
/** Time that passes unnoticed while a part has no holder, a scan, a drift, and what a reminder takes. */
const LATEST = (after: number): number => Math.floor((after * 107) / 100) + 6_000 * MILLISECOND;

const named = ({ timer, saga, metadata, tenant }: ScheduleRecord): string =>
  `The timer ${timer} of ${saga} of ${metadata.correlationId} of tenant "${tenant}"`;

export const timersKept: Property = {
  id: "timers-kept",
  alias: "N11",
  kind: "always",
  sentence:
    "Each timer is fired once it is due and not before, unless it is cancelled, and none outlives its instance or takes the place of another.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    const set = new Map<string, Row<ScheduleRecord>>();
    return {
      subscribes: ["durable", "publish-ack"],
      on(event) {
        if (event.kind === "publish-ack") judgeFired(event, event.key);
        for (const { value } of state.markers) judgeSet(value, event);
        for (const { namespace, key, before, after } of state.changes) {
          if (namespace === "schedule") judgeChange(key, asSchedule(before), asSchedule(after), event);
          if (namespace === "saga") judgeInstance(asSaga(after), event);
        }
      },
    };

    /** As many are there as were set, and none that was cancelled. */
    function judgeSet(marker: DedupeRecord, event: HistoryEvent): void {
      for (const { value, event: since } of state.in<ScheduleRecord>("schedule")) {
        const isOwn =
          since !== event &&
          value.tenant === marker.tenant &&
          value.saga === marker.saga &&
          value.metadata.correlationId === marker.correlation;
        if (!isOwn || !marker.cancels.includes(value.timer)) continue;
        context.violated(
          marker.eventId,
          `${named(value)} was cancelled by event ${marker.eventId} ${when(event)}, and is still there.`,
          [event],
        );
      }
      const found = state.changes.filter(({ namespace, after }) => {
        const timer = namespace === "schedule" ? asSchedule(after)?.value : undefined;
        return timer?.saga === marker.saga && timer.metadata.correlationId === marker.correlation;
      });
      if (marker.timers > 0) context.checked();
      if (found.length >= marker.timers) return;
      context.violated(
        marker.eventId,
        `${instanceText(marker)} set ${marker.timers} timers ${when(event)}, and ${found.length} of them are there: one took another's place.`,
        [event],
      );
    }

    function judgeFired(event: HistoryEvent, key: string): void {
      const timer = set.get(key);
      if (timer === undefined) return;
      context.checked();
      if (event.at - timer.event.at >= EARLIEST(timer.value.after)) return;
      context.violated(
        key,
        `${named(timer.value)} was set ${when(timer.event)} for ${time(timer.value.after)} later, and fired too early, ${where(event)}.`,
        [timer.event, event],
      );
    }

    function judgeChange(
      key: string,
      before: Row<ScheduleRecord> | undefined,
      after: Row<ScheduleRecord> | undefined,
      event: HistoryEvent,
    ): void {
      if (after !== undefined) {
        context.checked();
        if (before === undefined) set.set(key, after);
        else if (before.value.timer !== after.value.timer) {
          context.violated(
            key,
            `${named(before.value)} was overwritten ${when(event)} by ${after.value.timer}.`,
            [before.event, event],
          );
        }
      }
      if (before === undefined || after !== undefined) return;
      const isCancelled = state.changes.some(({ namespace }) => namespace === "saga");
      context.checked();
      if (isCancelled || state.published.has(`${state.settings.streams.facts} ${key}`)) return;
      context.violated(
        key,
        `${named(before.value)} was deleted ${where(event)}, and was neither fired nor cancelled.`,
        [before.event, event],
      );
    }

    function judgeInstance(row: ReturnType<typeof asSaga>, event: HistoryEvent): void {
      if (row === undefined || row.value.status === "running") return;
      const { tenant, saga, correlation, status } = row.value;
      context.checked();
      for (const { value, event: since } of state.in<ScheduleRecord>("schedule")) {
        if (value.tenant !== tenant || value.saga !== saga || value.metadata.correlationId !== correlation)
          continue;
        context.violated(
          `${saga} ${correlation}`,
          `${named(value)} outlives its instance, which ${when(event)} is ${status}.`,
          [since, event],
        );
      }
    }
  },
};

export const timersCome: Property = {
  id: "timers-come",
  kind: "eventually",
  sentence: "Each timer that nobody has cancelled has been fired when the quiet period is over.",
  subscribes: ["durable", "publish-ack", "state"],
  start(context) {
    const state = context.view(runnerState);
    return {
      end(at) {
        for (const row of state.in<ScheduleRecord>("schedule")) {
          const { value, event, key } = row;
          context.checked();
          if (at <= Math.max(event.at, context.plan.healAt) + LATEST(value.after)) continue;
          context.violated(
            key,
            `${named(value)}, set ${when(event)} for ${time(value.after)} later, is still to be fired at ${time(at)}.`,
            [event],
          );
        }
      },
    };
  },
};
