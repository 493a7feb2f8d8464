/** All five resources on one host, each in a group of one. */
import { CheckpointMachine } from "../../../src/model/resources/checkpoint.js";
import { IdempotencyMachine } from "../../../src/model/resources/idempotency.js";
import { LeaseMachine } from "../../../src/model/resources/lease.js";
import { ObservationMachine } from "../../../src/model/resources/observations.js";
import { QueueMachine } from "../../../src/model/resources/queue.js";
import { ResourceServer } from "../../../src/model/resources/server.js";
import type { Host } from "../../../src/sim/host.js";
import { seconds } from "../../../src/sim/time.js";
import { SoloGroup } from "./solo.js";

export function soloResources(host: Host, publicKeys: ReadonlyMap<string, string> = new Map()) {
  const defects = (id: string) => host.defect(id);
  const queue = new QueueMachine({ visibility: seconds(8), maxDeliver: 3, payloadLimit: 4_096 }, defects);
  const store = new IdempotencyMachine({ reservation: seconds(6) }, defects);
  const pointers = new CheckpointMachine({ quorum: 2 }, defects);
  const lease = new LeaseMachine({ ttl: seconds(5) }, defects);
  const health = new ObservationMachine(publicKeys, defects);
  const groups = {
    orders: new SoloGroup(host, "orders", queue),
    effects: new SoloGroup(host, "order-effects", store),
    checkpoints: new SoloGroup(host, "order-checkpoints", pointers),
    leaders: new SoloGroup(host, "order-leaders", lease),
    observations: new SoloGroup(host, "order-observations", health),
    queue,
    pointers,
    health,
  };
  new ResourceServer(host, groups);
  return groups;
}
