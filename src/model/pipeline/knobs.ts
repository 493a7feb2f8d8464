/**
 * The pipeline's settings: one table with every knob, its default and what it means.
 *
 * Times are in microseconds. The source gives none of them; brokers in the field wait 30 s for an ack. The
 * defaults here are scaled down so that time-outs pass, and are recovered from, within a universe of a minute. A plan that
 * wants properties to judge time-outs writes `visibility`, `leaseTtl`, `reservation` and `maxDeliver` out.
 */
import { checkKnobNames, HOUR, type KnobValue, type Micros, ms, seconds, settingsOf } from "seedstorm";

export interface PipelineKnobs {
  /** How long a delivery stays with a worker that says nothing. Heartbeats come at a third of it. */
  readonly visibility: Micros;
  /** After so many deliveries a record is a dead letter. */
  readonly maxDeliver: number;
  /** How long a poll waits at the leader for something to deliver. */
  readonly pollWait: Micros;
  /** How long a reservation is held for an owner that says nothing. */
  readonly reservation: Micros;
  /** How long the maintenance lease lasts from its last renewal. Renewals come at a third of it. */
  readonly leaseTtl: Micros;
  /** Longest webhook body, and longest canonical record, in characters. */
  readonly payloadLimit: number;
  /** Of the queue: `quorum`, or `local-fast-path`: the leader answers once its own disk has it. */
  readonly acknowledgement: "quorum" | "local-fast-path";
  /** How long a resource client tries a command for. */
  readonly operationTimeout: Micros;
  /** How long a resource client waits for one replica. */
  readonly attemptTimeout: Micros;
  /** How long a worker waits for the payment service. */
  readonly paymentTimeout: Micros;
  /** First pause before a record that failed is delivered again; doubles up to eight times itself, with full jitter. */
  readonly retryDelay: Micros;
  /** Deliveries that a worker host works on at once. */
  readonly workerConcurrency: number;
  /** How long a shop waits for a gateway's answer. */
  readonly webhookTimeout: Micros;
  /** How long a shop goes on delivering one webhook. */
  readonly shopPatience: Micros;
  /** How often the holder of the lease saves a checkpoint, trims and prunes. */
  readonly maintenanceInterval: Micros;
  /** The holder redrives dead letters this often; 0 leaves that to operators. */
  readonly redriveInterval: Micros;
  /** Completed keys are kept for at least so many log entries before they are pruned. */
  readonly retainCompleted: number;
  /** How often each replica host looks at the other providers. */
  readonly observeInterval: Micros;
  /** Where `checkout-workers` may run: paths, separated by commas. Empty: in every provider that has a worker. */
  readonly placement: string;
}

export const PIPELINE_DEFAULTS: PipelineKnobs = {
  visibility: seconds(8),
  maxDeliver: 5,
  pollWait: seconds(5),
  reservation: seconds(6),
  leaseTtl: seconds(5),
  payloadLimit: 4_096,
  acknowledgement: "quorum",
  operationTimeout: seconds(6),
  attemptTimeout: ms(1_500),
  paymentTimeout: seconds(2),
  retryDelay: seconds(1),
  workerConcurrency: 2,
  webhookTimeout: seconds(8),
  shopPatience: seconds(600),
  maintenanceInterval: seconds(10),
  redriveInterval: 0,
  retainCompleted: 100_000,
  observeInterval: seconds(5),
  placement: "",
};

/** Knobs that others read: the world (`buggify`), the replication, and what G13 holds a deployment to. */
const OTHERS = { buggify: false, "raft.snapshotEvery": 256, toleratesProviderLoss: false };

/** Smallest and largest sensible values of the knobs that are numbers: beyond them a universe would never come to rest. */
const BOUNDS: { readonly [name: string]: readonly [least: number, most: number] } = {
  "raft.snapshotEvery": [1, 1_000_000],
  maxDeliver: [1, 1_000],
  payloadLimit: [1, 10_000_000],
  workerConcurrency: [1, 256],
  redriveInterval: [0, HOUR],
  retainCompleted: [0, Number.MAX_SAFE_INTEGER],
};
const ACKNOWLEDGEMENTS: readonly string[] = ["quorum", "local-fast-path"];
/** Of those that are times. */
const TIME_BOUNDS = [ms(10), HOUR] as const;

/**
 * The settings of a plan: its knobs over the defaults. A knob that nobody knows, one of the wrong type and one
 * out of bounds is a RangeError that names it.
 */
export function pipelineKnobs(knobs: Readonly<Record<string, KnobValue>>): PipelineKnobs {
  checkKnobNames(knobs, [...Object.keys(PIPELINE_DEFAULTS), ...Object.keys(OTHERS)]);
  checkBounds("raft.snapshotEvery", settingsOf(knobs, OTHERS)["raft.snapshotEvery"]);
  const settings = settingsOf(knobs, PIPELINE_DEFAULTS);
  for (const [name, value] of Object.entries(settings))
    if (typeof value === "number") checkBounds(name, value);
  if (!ACKNOWLEDGEMENTS.includes(settings.acknowledgement)) {
    throw new RangeError(
      `knobs.acknowledgement: expected one of ${ACKNOWLEDGEMENTS.join(", ")}, got ${JSON.stringify(settings.acknowledgement)}`,
    );
  }
  return settings;
}

function checkBounds(name: string, value: number): void {
  const [least, most] = BOUNDS[name] ?? TIME_BOUNDS;
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`knobs.${name}: expected a whole number from ${least} to ${most}, got ${value}`);
}
