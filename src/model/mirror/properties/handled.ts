/**
 * What was handled is not lost: R11.
 *
 * Three things are compared with the log. What a primary has handled last must get there, as long as that
 * primary lives and stays primary. What a client was told is done must show in the log's state, then and in
 * every state after it, unless a write that may have come later has replaced it. Not verified: states that
 * can't be known because a change follows nothing.
 */
import type { EventOf, HistoryEvent, Micros, Stamp, StreamFact } from "seedstorm";
import { ensure, fields, type Property, text, time, when, where } from "seedstorm/check";
import { mirrorState, placeOfGrain, type Row } from "./state.js";

type ClientEvent = EventOf<"client">;

interface WriteOperation {
  readonly value: string;
  readonly call: ClientEvent;
  ok: ClientEvent | undefined;
}

/** A primary's last handled state of a grain. */
interface Handled {
  readonly sequence: number;
  readonly epoch: number;
  readonly event: Stamp & StreamFact;
}

export const handledStateReachesTheLog: Property = {
  id: "handled-state-reaches-the-log",
  alias: "R11",
  kind: "eventually",
  sentence:
    "The newest state that a primary has handled reaches the log, and what was acknowledged to a client is in every later state.",
  subscribes: ["client", "publish", "durable", "state", "host"],
  start(context) {
    const { healAt, duration } = context.plan;
    /** Handled later than this, it may still be under way when the run is over. */
    const latest: Micros = duration - Math.floor((duration - healAt) / 4);
    const state = context.view(mirrorState);
    const handled = new Map<string, Handled>();
    /** By grain and field, then by value. */
    const writes = new Map<string, Map<string, WriteOperation>>();
    /** By grain and field: of the acknowledged writes the one that was asked for last. */
    const floors = new Map<string, WriteOperation>();

    function clientSaid(event: ClientEvent): void {
      if (event.operation !== "write") return;
      const field = text(event.value, "field");
      const value = text(event.value, "value");
      const known = ensure(writes, `${event.key} ${field}`, () => new Map<string, WriteOperation>());
      if (event.phase === "call") known.set(value, { value, call: event, ok: undefined });
      else if (event.phase === "ok") acknowledged(event, field, known.get(value));
    }

    function acknowledged(event: ClientEvent, field: string, write: WriteOperation | undefined): void {
      if (write === undefined) return;
      write.ok = event;
      const place = `${event.key} ${field}`;
      const floor = floors.get(place);
      if (floor === undefined || write.call.at > floor.call.at) floors.set(place, write);
      const newest = state.log(event.key).newest;
      if (newest === undefined) {
        context.violated(
          event.key,
          `The write ${write.value} to ${event.key} was acknowledged ${where(event)}, and the log has nothing of it.`,
          [write.call, event],
        );
      } else compare(newest, field, write, event);
    }

    /** Whether a state of the log has lost an acknowledged write. */
    function compare(row: Row, field: string, write: WriteOperation, at: HistoryEvent): void {
      if (row.state === undefined || write.ok === undefined) return;
      const shown = fields(row.state)?.[field];
      context.checked();
      if (shown === write.value) return;
      const other = typeof shown === "string" ? writes.get(`${row.grain} ${field}`)?.get(shown) : undefined;
      const older = other === undefined || (other.ok !== undefined && other.ok.at < write.call.at);
      if (!older) return;
      const instead = typeof shown === "string" ? `the older ${shown}` : "nothing";
      context.violated(
        row.grain,
        `The write ${write.value} to ${field} of ${row.grain} was acknowledged ${when(write.ok)}, but the state at sequence ${row.sequence}, which ${row.source} wrote ${when(row.event)} under epoch ${row.epoch}, has ${instead} there.`,
        [write.call, write.ok, row.event, at],
      );
    }

    function rowWritten(row: Row, event: HistoryEvent): void {
      if (row.state === undefined) return;
      for (const [place, floor] of floors) {
        const space = place.lastIndexOf(" ");
        if (place.slice(0, space) === row.grain) compare(row, place.slice(space + 1), floor, event);
      }
    }

    function forget(host: string): void {
      for (const name of [...handled.keys()]) if (placeOfGrain(name).host === host) handled.delete(name);
    }

    function reached(name: string, last: Handled): void {
      const { grain, host } = placeOfGrain(name);
      const { rows } = state.log(grain);
      context.checked();
      if (
        rows.some((row) => row.epoch === last.epoch && row.source === host && row.sequence >= last.sequence)
      )
        return;
      context.violated(
        grain,
        `${host}, primary of ${grain} under epoch ${last.epoch}, handled sequence ${last.sequence} ${when(last.event)}, lived on, and by ${time(duration)} neither that nor anything newer of it was in the log.`,
        [last.event],
      );
    }

    return {
      on(event) {
        switch (event.kind) {
          case "client":
            clientSaid(event);
            return;
          case "publish":
            handled.set(`${event.stream}@${event.host}`, {
              sequence: event.sequence,
              epoch: Number(event.deliveryId),
              event,
            });
            return;
          case "durable":
            for (const change of state.changes) if (change.of === "row") rowWritten(change.row, event);
            return;
          case "state":
            if (event.entity === "grain" && event.to === "replica") handled.delete(event.name);
            return;
          case "host":
            if (event.phase === "crash") forget(event.host);
        }
      },
      end() {
        for (const [name, last] of handled) if (last.event.at <= latest) reached(name, last);
      },
    };
  },
};
