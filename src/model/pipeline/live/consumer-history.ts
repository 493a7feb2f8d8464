/**
 * What a consumer did, put together from what its workers saw, from the engine's advisories of dead letters, and from where the
 * consumer stood in the end. A consumer keeps no log of its own, so there are no writes to read back: those that properties
 * read are made here, by these rules.
 *
 * A delivery was made when its worker received it; one that no worker received, or only after a later one, was made as late as
 * the visibility time-out allows. A delivery ends when the next one is made, if nothing ended it before. An ack counts from when
 * it was asked for, if the engine took it, or if it was not answered, nothing was delivered again, and in the end the consumer
 * was done with the record. The cursor is the contiguous acked prefix; what the consumer says of it is checked where it was asked.
 */
import type { Fact, HistoryEvent, Json, Micros, Write } from "seedstorm";
import { text, texts, whole } from "seedstorm/check";

/** The entity under which steps of a consumer are recorded. */
export const CONSUMER = "consumer";

type Settled = "ack" | "nack" | "term";

/** What is recorded of a record in a group, or of the group itself. */
export type ConsumerStep =
  | { readonly to: "created"; readonly placement: readonly string[]; readonly semantics: string }
  | {
      readonly to: "delivered";
      readonly deliveryId: string;
      readonly count: number;
      readonly domain: string;
      readonly worker: string;
    }
  | { readonly to: `${Settled} asked` | `${Settled} taken`; readonly deliveryId: string }
  /** The engine says that nothing is delivered again: it was told so, or the count is full. */
  | { readonly to: "buried"; readonly count: number }
  /** In the end: every record below the floor was acked or is dead. */
  | { readonly to: "read back"; readonly floor: number };

/** A step as it stands in the history. */
export function stepFact(name: string, { to, ...detail }: ConsumerStep): Fact {
  return { kind: "state", entity: CONSUMER, name, from: "", to, detail };
}

/** The name of a record in a group. */
export const placeOf = (group: string, offset: number): string => `${group}/${offset}`;

/** The store of what was committed in the stream and its consumer. */
const STORE = "orders@jetstream";
const isOfOrders = (event: HistoryEvent): boolean =>
  event.kind === "durable" && event.store.startsWith("orders@");

/** Something that the consumer did at a moment. */
type Act =
  | {
      readonly at: Micros;
      readonly by: string;
      readonly does: "create";
      readonly group: string;
      readonly value: Json;
    }
  | ({ readonly at: Micros; readonly by: string } & OfPlace &
      (
        | { readonly does: "deliver"; readonly delivery: Delivery }
        | { readonly does: "ack"; readonly deliveryId: string }
        | { readonly does: "end" }
        | { readonly does: "bury"; readonly count: number }
      ));

interface OfPlace {
  readonly group: string;
  readonly offset: number;
}

interface Delivery {
  readonly deliveryId: string;
  readonly count: number;
  readonly domain: string;
  readonly worker: string;
}

/** What is known of a record in a group. */
interface Place extends OfPlace {
  /** When it was there to be delivered. */
  committed: Micros;
  readonly received: { readonly at: Micros; readonly by: string; readonly delivery: Delivery }[];
  readonly said: {
    readonly at: Micros;
    readonly by: string;
    readonly what: string;
    readonly deliveryId: string;
  }[];
  buried: { readonly at: Micros; readonly by: string; readonly count: number } | undefined;
}

/** The history with what the consumer did. */
export function withConsumer(events: readonly HistoryEvent[], visibility: Micros): HistoryEvent[] {
  const story = new Story(visibility);
  for (const event of events) story.on(event);
  const made = new Writer().written(story.acts());
  const all = [...events, ...made];
  all.sort((a, b) => a.at - b.at); // stable: of one moment, what was recorded comes first
  // Positions of the stream and what its consumer did are one order, and are counted as one.
  let txn = 0;
  return all.map((event, id) => {
    if (!isOfOrders(event)) return { ...event, id };
    txn += 1;
    return { ...event, id, store: STORE, txn };
  });
}

class Story {
  readonly #visibility: Micros;
  readonly #places = new Map<string, Place>();
  readonly #committed = new Map<number, Micros>();
  readonly #created: (Act & { readonly does: "create" })[] = [];
  /** By group: where it stood in the end. */
  readonly #floors = new Map<string, number>();

  constructor(visibility: Micros) {
    this.#visibility = visibility;
  }

  on(event: HistoryEvent): void {
    if (event.kind === "durable") {
      for (const { key } of event.writes) {
        const offset = key.startsWith("record/") ? Number(key.slice("record/".length)) : -1;
        if (offset >= 0 && !this.#committed.has(offset)) this.#committed.set(offset, event.at);
      }
    }
    if (event.kind !== "state" || event.entity !== CONSUMER) return;
    const { at, host: by, name, to, detail } = event;
    if (to === "created") {
      const value = { placement: texts(detail, "placement"), semantics: text(detail, "semantics") };
      this.#created.push({ at, by, does: "create", group: name, value });
    } else if (to === "read back") this.#floors.set(name, whole(detail, "floor") ?? 0);
    else this.#ofPlace(this.#place(name), at, by, to, detail);
  }

  #ofPlace(place: Place, at: Micros, by: string, to: string, detail: Json): void {
    const deliveryId = text(detail, "deliveryId");
    const count = whole(detail, "count") ?? 0;
    if (to === "delivered") {
      const delivery = { deliveryId, count, domain: text(detail, "domain"), worker: text(detail, "worker") };
      place.received.push({ at, by, delivery });
    } else if (to === "buried") place.buried ??= { at, by, count };
    else place.said.push({ at, by, what: to, deliveryId });
  }

  #place(name: string): Place {
    let place = this.#places.get(name);
    if (place === undefined) {
      const slash = name.lastIndexOf("/");
      const [group, offset] = [name.slice(0, slash), Number(name.slice(slash + 1))];
      place = { group, offset, committed: 0, received: [], said: [], buried: undefined };
      this.#places.set(name, place);
    }
    return place;
  }

  /** All that the groups did, in its order. */
  acts(): Act[] {
    const acts: Act[] = [];
    for (const place of this.#places.values()) {
      place.committed = this.#committed.get(place.offset) ?? 0;
      acts.push(...this.#deliveries(place), ...this.#settlements(place));
      const { group, offset, buried } = place;
      if (buried !== undefined) acts.push({ ...buried, group, offset, does: "bury" });
    }
    // Servers were seen to give the time of their own restart as that of the creation: it was there when it delivered.
    const created = this.#created.map((create) => {
      const first = Math.min(
        create.at,
        ...acts.filter(({ group }) => group === create.group).map(({ at }) => at),
      );
      return { ...create, at: first };
    });
    return [...created, ...acts].sort((a, b) => a.at - b.at);
  }

  /** Every delivery up to the highest count, as far as it is known, those that nobody received included; the highest first. */
  #deliveries({ group, offset, committed, received, said, buried }: Place): Act[] {
    const acts: Act[] = [];
    const highest = Math.max(buried?.count ?? 0, ...received.map(({ delivery }) => delivery.count));
    let next = buried?.at ?? Number.MAX_SAFE_INTEGER;
    for (let count = highest; count > 0; count--) {
      const own = received.filter(({ delivery }) => delivery.count === count);
      const inTime = own.filter(({ at }) => at < next);
      for (const { at, by, delivery } of inTime)
        acts.push({ at, by, group, offset, does: "deliver", delivery });
      const [first] = inTime;
      if (first !== undefined) {
        next = first.at;
        continue;
      }
      const earlier = [...received, ...said].filter(({ at }) => at < next).map(({ at }) => at);
      const late = own[0];
      const at = Math.max(committed, next - this.#visibility, ...(late === undefined ? earlier : []));
      const delivery = late?.delivery ?? {
        ...UNKNOWN_WORKER,
        deliveryId: `${group}/${offset}/${count}`,
        count,
      };
      acts.push({ at, by: late?.by ?? group, group, offset, does: "deliver", delivery });
      next = at;
    }
    return acts.reverse();
  }

  #settlements(place: Place): Act[] {
    const { group, offset, received, said } = place;
    const acts: Act[] = [];
    const done = (this.#floors.get(group) ?? 0) > offset && place.buried === undefined;
    for (const { at, by, what, deliveryId } of said) {
      const taken = (type: Settled) =>
        said.some((other) => other.what === `${type} taken` && other.deliveryId === deliveryId);
      const last = !received.some((other) => other.at > at);
      if (what === "ack asked" && (taken("ack") || (done && last)))
        acts.push({ at, by, group, offset, does: "ack", deliveryId });
      else if (what === "nack taken") acts.push({ at, by, group, offset, does: "end" });
      else if (what === "term taken") {
        const count =
          received.find(({ delivery }) => delivery.deliveryId === deliveryId)?.delivery.count ?? 0;
        acts.push({ at, by, group, offset, does: "bury", count });
      }
    }
    return acts;
  }
}

/** A delivery that nobody received was made to somebody who was allowed to be served. */
const UNKNOWN_WORKER = { domain: "", worker: "nobody who received it" };

/** Where a record in a group stands while it is written. */
interface Standing {
  count: number;
  live: boolean;
  acked: boolean;
  dead: boolean;
}

class Writer {
  readonly #standing = new Map<string, Standing>();
  readonly #acked = new Map<string, Set<number>>();
  readonly #cursors = new Map<string, number>();
  readonly #placements = new Map<string, readonly string[]>();
  readonly #made: HistoryEvent[] = [];

  written(acts: readonly Act[]): readonly HistoryEvent[] {
    for (const act of acts) this.#write(act);
    return this.#made;
  }

  #write(act: Act): void {
    const { group } = act;
    if (act.does === "create") {
      this.#placements.set(group, texts(act.value, "placement"));
      this.#event(act, [{ key: `group/${group}`, value: act.value }]);
      return;
    }
    const place = placeOf(group, act.offset);
    const standing = this.#of(place);
    switch (act.does) {
      case "deliver": {
        const { count } = act.delivery;
        if (standing.live && count > standing.count) this.#event(act, [endOf(place)]);
        const { domain } = act.delivery;
        const given = {
          ...act.delivery,
          domain: domain === "" ? (this.#placements.get(group)?.[0] ?? "") : domain,
        };
        Object.assign(standing, { count, live: true });
        this.#event(act, [{ key: `delivery/${place}`, value: given }]);
        return;
      }
      case "ack": {
        if (standing.acked) return; // whoever comes second changes nothing
        const writes: Write[] = [
          endOf(place),
          { key: `ack/${place}`, value: { deliveryId: act.deliveryId } },
        ];
        Object.assign(standing, { live: false, acked: true });
        this.#event(act, [...writes, ...this.#advanced(group, act.offset)]);
        return;
      }
      case "end":
        if (!standing.live) return;
        standing.live = false;
        this.#event(act, [endOf(place)]);
        return;
      case "bury":
        if (standing.dead || standing.acked) return;
        Object.assign(standing, { live: false, dead: true });
        this.#event(act, [endOf(place), { key: `dead/${place}`, value: { count: act.count } }]);
    }
  }

  /** Moves a group's cursor over what is acked. */
  #advanced(group: string, offset: number): Write[] {
    const acked = this.#acked.get(group) ?? new Set<number>();
    this.#acked.set(group, acked.add(offset));
    const before = this.#cursors.get(group) ?? 0;
    let cursor = before;
    while (acked.has(cursor)) cursor += 1;
    this.#cursors.set(group, cursor);
    return cursor === before ? [] : [{ key: `cursor/${group}`, value: cursor }];
  }

  #of(place: string): Standing {
    let standing = this.#standing.get(place);
    if (standing === undefined) {
      standing = { count: 0, live: false, acked: false, dead: false };
      this.#standing.set(place, standing);
    }
    return standing;
  }

  #event({ at, by }: Act, writes: readonly Write[]): void {
    this.#made.push({ id: -1, at, host: by, cause: -1, kind: "durable", store: STORE, txn: 0, writes });
  }
}

const endOf = (place: string): Write => ({ key: `delivery/${place}`, value: null });
