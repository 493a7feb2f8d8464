/**
 * One record of the queue in one consumer group: ready, with a worker, acked or dead.
 *
 * Which of the ready records a poll is given is left open, and so is what a poll that found nothing tells: a
 * leader that was deposed without knowing may say so. Deliveries that no worker ever heard of, deliveries that came
 * back by themselves, dead letters and their return are read from the replicas' writes.
 */
import type { Json } from "seedstorm";
import { fields, type Model, OPEN, type Operation, text, whole } from "seedstorm/check";
import { about, type OwnCall, ownOperation, type ResourceRecord, refusalIn } from "./recorded.js";

export interface RecordState {
  /** How often it was handed out. */
  readonly count: number;
  /** The last delivery. */
  readonly last: string;
  /** The last delivery's worker has it still. */
  readonly live: boolean;
  /** The delivery that it was acked by. */
  readonly acked: string;
  readonly dead: boolean;
}

export const deliveryModel: Model<RecordState> = {
  name: "delivery",
  initial: { count: 0, last: "", live: false, acked: "", dead: false },
  knowsClients: false,
  step(record, { f, input }, output) {
    const delivery = text(input, "deliveryId");
    const holds = record.live && record.last === delivery;
    switch (f) {
      case "deliver":
        if (record.live || record.dead || record.acked !== "" || whole(input, "count") !== record.count + 1) {
          return undefined;
        }
        return { ...record, count: record.count + 1, last: delivery, live: true };
      case "ack":
        if (record.acked === delivery)
          return output === undefined || whole(output, "count") === 0 ? record : undefined;
        if (!holds) return output === undefined || isStale(output) ? record : undefined;
        if (output !== undefined && whole(output, "count") !== 1) return undefined;
        return { ...record, live: false, acked: delivery };
      case "nack":
      case "term":
      case "extend":
        if (!holds) return output === undefined || isStale(output) ? record : undefined;
        if (isStale(output)) return undefined;
        return f === "extend" ? record : { ...record, live: false };
      case "end":
        if (record.last !== delivery) return undefined;
        return record.live ? { ...record, live: false } : record;
      case "bury":
        if (record.last !== delivery || record.acked !== "" || record.dead) return undefined;
        return { ...record, live: false, dead: true };
      case "redrive":
        return record.dead ? { ...record, dead: false } : undefined;
      default:
        return undefined;
    }
  },
  onlyLooks: ({ f }, output) =>
    f === "extend" || isStale(output) || (f === "ack" && whole(output, "count") === 0),
  key: ({ count, last, live, acked, dead }) => `${count} ${last} ${live} ${acked} ${dead}`,
  tellState({ count, last, live, acked, dead }) {
    if (acked !== "") return `is acked by delivery ${acked}`;
    if (dead) return `is a dead letter after ${count} deliveries`;
    if (live) return `is with the worker of delivery ${last}`;
    return count === 0 ? "was never delivered" : `is ready again after delivery ${last}`;
  },
  describe({ f, input, output, ret }) {
    const delivery = text(input, "deliveryId");
    switch (f) {
      case "end":
        return `delivery ${delivery} ends`;
      case "bury":
        return `after delivery ${delivery} it is a dead letter`;
      case "redrive":
        return "the dead letter is sent on its way again";
      case "deliver":
        return `poll → delivery ${delivery}`;
      default: {
        if (ret === OPEN) return `${f} of delivery ${delivery} (no answer)`;
        const refusal = refusalIn(output);
        return `${f} of delivery ${delivery} → ${refusal === "" ? "done" : refusal}`;
      }
    }
  },
};

const isStale = (output: Json | undefined): boolean => refusalIn(output) === "stale-delivery";

const OF_A_DELIVERY: ReadonlySet<string> = new Set(["ack", "nack", "term", "extend"]);

/** What was asked of single records, and what the queue did to them by itself. */
export function deliveryOperations(record: ResourceRecord): Operation[] {
  const operations: Operation[] = [];
  const heardOf = new Set<string>();
  for (const operation of record.operations()) {
    const { f, input, output } = operation;
    if (OF_A_DELIVERY.has(f) && refusalIn(output) !== "unknown-group") {
      operations.push(about(operation, place(text(input, "group"), whole(input, "offset"))));
    } else if (f === "poll") {
      const delivery = fields(output)?.delivery;
      const deliveryId = text(delivery, "deliveryId");
      if (deliveryId === "") continue;
      const given = { deliveryId, count: whole(delivery, "count") ?? 0 };
      operations.push({
        ...operation,
        f: "deliver",
        object: place(text(input, "group"), whole(delivery, "offset")),
        input: given,
      });
      heardOf.add(deliveryId);
    }
  }
  const live = new Map<string, string>();
  for (const call of record.calls) {
    const own = ownCall(call, live);
    if (own !== undefined && !(own.f === "deliver" && heardOf.has(text(own.input, "deliveryId"))))
      operations.push(own);
  }
  return operations;
}

/** @param last by record: the last delivery, kept up to date. */
function ownCall({ change, at, together }: OwnCall, last: Map<string, string>): Operation | undefined {
  if (change.of !== "delivery" && change.of !== "dead") return undefined;
  const object = place(change.group, change.offset);
  const deliveryId = last.get(object) ?? "";
  if (change.of === "dead") {
    return ownOperation(object, change.dead ? "bury" : "redrive", { deliveryId }, at);
  }
  if (change.live !== undefined) {
    last.set(object, change.live.deliveryId);
    return ownOperation(
      object,
      "deliver",
      { deliveryId: change.live.deliveryId, count: change.live.count },
      at,
    );
  }
  const { group, offset } = change;
  const otherwise = together.some(
    (other) =>
      (other.of === "ack" || (other.of === "dead" && other.dead)) &&
      other.group === group &&
      other.offset === offset,
  );
  return otherwise ? undefined : ownOperation(object, "end", { deliveryId }, at);
}

const place = (group: string, offset: number | undefined): string => `${group}/${offset ?? "?"}`;
