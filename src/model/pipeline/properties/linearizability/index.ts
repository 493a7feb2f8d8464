/**
 * The pipeline's resources answer their clients as if they did one thing after the other: `lin-idempotency`, `lin-lease`,
 * `lin-checkpoint`, `lin-queue`.
 *
 * Judged when the run is over, from what the resources' clients asked and were answered. An object that can't be
 * decided within the budget is reported, for it is no pass. A queue that answers before anything commits, by its plan's choice,
 * is not judged.
 */
import type { HistoryEvent } from "seedstorm";
import {
  byObject,
  type CheckContext,
  type Contradiction,
  checkLinearizability,
  type Model,
  type Operation,
  type Property,
  sentence,
  when,
} from "seedstorm/check";
import { isFastPath } from "../acceptance.js";
import { AppendAccounting } from "./append-accounting.js";
import { checkpointModel, checkpointOperations } from "./checkpoint.js";
import { deliveryModel, deliveryOperations } from "./delivery.js";
import { fenceModel, underEpochs } from "./fence.js";
import { idempotencyModel, keyOperations } from "./idempotency.js";
import { leaseModel, leaseOperations } from "./lease.js";
import { type ResourceRecord, recordedRequests } from "./recorded.js";

/** Looks at the model for one object of one run. */
const BUDGET = 500_000;

/** Checks each object by itself and tells what is wrong with it. */
function judge<S>(
  context: CheckContext,
  model: Model<S>,
  operations: readonly Operation[],
  noun: (object: string) => string,
): void {
  for (const [object, own] of byObject(operations)) {
    const { verdict, contradictions } = checkLinearizability(model, own, { budget: BUDGET });
    context.checked();
    for (const contradiction of contradictions) {
      const words = {
        moment: (position: number) => when(context.event(position)),
        client: (client: string) => (client === "" ? "the resource itself" : client),
        object: noun(object),
      };
      const message = `${noun(object)}: ${sentence(model, contradiction, words)}`;
      context.violated(object, message, evidenceOf(context, contradiction));
    }
    if (verdict === "unknown") {
      const message = `${noun(object)}: whether its ${own.length} operations have an order can't be decided in ${BUDGET} steps.`;
      context.violated(object, message, []);
    }
  }
}

function evidenceOf(context: CheckContext, { window, culprit }: Contradiction): HistoryEvent[] {
  const known = window.flatMap(({ call, ret }) => (ret <= culprit.ret ? [call, ret] : [call]));
  return known.map((position) => context.event(position));
}

function property(
  id: string,
  sentence: string,
  resource: string,
  judgeAll: (context: CheckContext, record: ResourceRecord) => void,
): Property {
  return {
    id,
    kind: "at-end",
    sentence,
    subscribes: ["client", "durable"],
    start(context) {
      const recorded = context.view(recordedRequests);
      return { end: () => judgeAll(context, recorded.resource(resource)) };
    },
  };
}

const fenceOf = (resource: string) => (object: string) => `${resource}, ${object}`;

export const linIdempotency = property(
  "lin-idempotency",
  "The idempotency store answers as if it were asked one thing at a time: each key, and the fence.",
  "order-effects",
  (context, record) => {
    judge(context, idempotencyModel, keyOperations(record), (key) => `Key ${key}`);
    judge(context, fenceModel, underEpochs(record.operations()), fenceOf("The idempotency store"));
  },
);

export const linLease = property(
  "lin-lease",
  "A lease answers as if it were asked one thing at a time.",
  "order-leaders",
  (context, record) => judge(context, leaseModel, leaseOperations(record), (name) => `Lease ${name}`),
);

export const linCheckpoint = property(
  "lin-checkpoint",
  "The checkpoint's pointer and its fence answer as if they were asked one thing at a time.",
  "order-checkpoints",
  (context, record) =>
    judge(context, checkpointModel, checkpointOperations(record), () => "The checkpoint store"),
);

export const linQueue = property(
  "lin-queue",
  "The queue answers as if it were asked one thing at a time: each record's deliveries, the order of records, and the fence.",
  "orders",
  (context, record) => {
    if (isFastPath(context.plan)) return;
    const operations = record.operations();
    judge(context, deliveryModel, deliveryOperations(record), (place) => `Record ${place}`);
    judge(context, fenceModel, underEpochs(operations), fenceOf("The queue"));
    const accounting = new AppendAccounting(operations);
    if (accounting.compared > 0) context.checked();
    for (const { subject, reason, culprit, against } of accounting.errors) {
      const positions = [...against.flatMap(({ call, ret }) => [call, ret]), culprit.call, culprit.ret];
      const evidence = positions.map((position) => context.event(position));
      const answered = context.event(culprit.ret);
      const message = `${culprit.client} was answered its ${culprit.f} of ${culprit.object === "" ? "records" : culprit.object} ${when(answered)} (asked ${when(context.event(culprit.call))}), but ${reason}.`;
      context.violated(subject, message, evidence);
    }
  },
);

/** What else must hold of the pipeline. */
export const linearizabilityProperties: readonly Property[] = [
  linIdempotency,
  linLease,
  linCheckpoint,
  linQueue,
];
