/** What a worker has while it processes one order. */
import type { Host } from "seedstorm";
import type { Caller } from "./caller.js";
import type { OrdersConfig } from "./config.js";
import type { Tries } from "./tries.js";
import type { OrderEvent } from "./wire.js";

export interface ProcessorContext {
  readonly host: Host;
  readonly caller: Caller;
  readonly config: OrdersConfig;
  /** Of this life of the host, for all of its workers. */
  readonly tries: Tries;
  /** What is to be published, once it is durable. */
  publish(event: OrderEvent): void;
}
