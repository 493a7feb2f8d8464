/**
 * Where a replica or a grain got stuck, for messages about what never came: what its consumer does, and what became of its last read;
 * what the other clusters think of a primary. Found in the history when there is something to report, so that it costs nothing
 * while all holds.
 */
import type { HistoryEvent } from "seedstorm";
import { type CheckContext, list, time, when, whole } from "seedstorm/check";

/** A clause: `its consumer runs since 2.000 s, and its last read, at 59.800 s, was failed at cursor 7`. */
export function whereaboutsOfConsumer(context: CheckContext, last: number, name: string): string {
  let life: HistoryEvent | undefined;
  let crashed: HistoryEvent | undefined;
  let poll: HistoryEvent | undefined;
  const host = name.slice(name.indexOf("@") + 1);
  for (let id = 0; id <= last; id++) {
    const event = context.event(id);
    if (event.kind === "host" && event.phase === "crash" && event.host === host) crashed = event;
    if (event.kind !== "state" || event.name !== name) continue;
    if (event.entity === "consumer") life = event;
    else if (event.entity === "poll") poll = event;
  }
  const runs = life?.kind === "state" && life.to === "running";
  const consumer =
    life === undefined
      ? "it never had a consumer"
      : crashed !== undefined && crashed.id > life.id
        ? `its consumer ended with its host ${when(crashed)} and has not begun again`
        : `its consumer ${runs ? "runs" : "is stopped"} since ${time(life.at)}`;
  if (poll?.kind !== "state") return `${consumer}, and it has read nothing`;
  return `${consumer}, and its last read, ${when(poll)}, was ${poll.to} at cursor ${whole(poll.detail, "after") ?? 0}`;
}

/** A clause: `west is promoting since 9.000 s`. */
export function opinionsOf(context: CheckContext, last: number, primary: string): string {
  const said = new Map<string, HistoryEvent>();
  for (let id = 0; id <= last; id++) {
    const event = context.event(id);
    if (event.kind === "state" && event.entity === "failover" && event.name.startsWith(`${primary}@`))
      said.set(event.host, event);
    else if (event.kind === "host" && event.phase === "crash") said.delete(event.host);
  }
  if (said.size === 0) return "nobody watches it";
  return list(
    [...said].map(
      ([host, event]) => `${host} is ${event.kind === "state" ? event.to : ""} since ${time(event.at)}`,
    ),
  );
}
