/**
 * The files that nodes start with when a plan has none of its own: settings, manifests, programs and secrets. They are
 * read as files are: what stands here is text.
 */
import type { Files } from "../settings.js";
import {
  CLOSING,
  closing,
  type Flaw,
  FULFILMENT,
  FULFILMENT_COMPENSATED_BY,
  fulfilment,
  fulfilmentCompensation,
} from "./fulfilment.js";

export const PAYMENTS = "payments";
export const CARRIER = "carrier";

const SETTINGS = `# A runner node. Durations are milliseconds.
mode: combined
brokers: [broker-1, broker-2, broker-3]
store: store
gateway: gateway
tenancy: { enabled: true, defaultTenant: "" }
streams: { events: AGGREGATE_EVENTS, commands: WORKFLOW_COMMANDS, facts: WORKFLOW_EVENTS }
consumers:
  durablePrefix: runner
  deliverGroup: runners
  perKeyOrder: true
  maxInFlight: 1
  ackWait: 2000
  maxDeliver: 5
createMissing: true
spread: { ranges: 1, lanes: 2, parts: 2 }
shard: ""
placementBucket: TENANT_PLACEMENT
relay:
  poll: 200
  batch: 20
  maxInFlightPerTenant: 4
  timeout: 1000
  firstPause: 100
  longestPause: 2000
  tries: 40
effects:
  concurrency: 4
  timeout: 1500
  tries: 4
  firstPause: 200
  longestPause: 2000
  claimTtl: 2500
  breaker: { window: 10, least: 6, open: 2000, probes: 2 }
scheduler: { poll: 400, batch: 20 }
lease: { heartbeat: 500, ttl: 2000 }
programs: { gas: 2000, steps: 500, size: 4000 }
manifests: { sagas: sagas.yaml, effects: effects.toml, programs: programs.json }
drainTimeout: 5000
`;

/** @param onProgramError what becomes of an event of an order on which the program fails. */
export const sagasFile = (onProgramError: "quarantine" | "compensate"): string => `sagas:
  - name: ${FULFILMENT}
    triggers:
      - stream: events
        types: [order-placed, order-cancelled, stock-reserved]
      - stream: facts
        types: [charge.charged, charge.declined, charge.failed, ship.shipped, ship.declined, ship.failed,
          unship.unshipped, unship.failed, refund.refunded, refund.failed, command.rejected, timer.deadline, timer.again]
    onEvent: ${FULFILMENT}
    compensation: { program: ${FULFILMENT}-compensation, triggers: [${FULFILMENT_COMPENSATED_BY.join(", ")}] }
    onProgramError: ${onProgramError}
  - name: ${CLOSING}
    triggers:
      - stream: events
        types: [order-completed]
      - stream: facts
        types: [timer.survey, timer.archive]
    onEvent: ${CLOSING}
    compensation: { program: ${CLOSING}, triggers: [] }
    onProgramError: quarantine
`;

const RESULTS = { charge: "charged", refund: "refunded", ship: "shipped", unship: "unshipped" } as const;

const EFFECTS = Object.entries(RESULTS)
  .map(([name, result]) => {
    const provider = name === "charge" || name === "refund" ? PAYMENTS : CARRIER;
    return `[[effects]]
name = "${name}"
provider = "${provider}"
operation = "${name}"
result = "${result}"
credentials = "secret:${provider}"
declines = ["declined", "unreachable", "taken-back"]
`;
  })
  .join("\n");

export function programsFile(flaw: Flaw): string {
  return JSON.stringify({ programs: [fulfilment(flaw), fulfilmentCompensation(), closing()] });
}

export const DEFAULT_FILES: Files = {
  "runner.yaml": SETTINGS,
  "sagas.yaml": sagasFile("quarantine"),
  "effects.toml": EFFECTS,
  "programs.json": programsFile("none"),
  // What a secret store would hand to the process: no manifest has it.
  "secrets.json": JSON.stringify({ [PAYMENTS]: "key-of-payments", [CARRIER]: "key-of-carrier" }),
};
