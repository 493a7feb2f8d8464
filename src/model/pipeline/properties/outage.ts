/**
 * The loss of one provider: G13.
 *
 * While a provider is lost, and once the survivors have had time to notice, acceptance and acknowledgement must go
 * on if the surviving voters are a quorum of every group; if they are not, nothing may be answered that did not
 * commit. An outage is judged for progress only when no other fault disturbs the survivors, when it lasts long
 * enough, and when there was fresh work that a survivor asked for or could take; for failing closed it is judged in
 * any case. A deployment that promises to survive a provider's loss says so by the knob `toleratesProviderLoss`:
 * then it must go on, quorum or not. Not verified: how fast it goes on.
 */

import {
  domainName,
  type EventOf,
  type Fault,
  type HistoryEvent,
  type HostSpec,
  type Json,
  type Micros,
  type Plan,
  SECOND,
  selects,
} from "seedstorm";
import { count, type Property, time, when, whole } from "seedstorm/check";
import { allows } from "./delivery.js";
import { drainOf } from "./liveness.js";
import { pipelineState } from "./state.js";

/** From the loss on: an election, and deadlines of the lost that run out. */
const GRACE: Micros = 8 * SECOND;
/** How long a piece of work may take before the outage ends. */
const PATIENCE: Micros = 8 * SECOND;
/** How long the after-effects of another fault are feared. */
const AFTERMATH: Micros = 5 * SECOND;
/** Fewer pieces of work than this may fail by bad luck. */
const ENOUGH_WORK = 3;
/** What acceptance and acknowledgement need. */
const NEEDED = ["orders", "order-effects"] as const;

interface Outage {
  readonly provider: string;
  readonly fault: string;
  readonly from: Micros;
  readonly to: Micros;
  readonly lost: ReadonlySet<string>;
  /** No other fault and no operator disturbs the survivors. */
  clear: boolean;
  /** Keys of webhooks that survivors sent in time and that were not refused. */
  readonly asked: Set<string>;
  start: HistoryEvent | undefined;
  /** Whether the survivors were a quorum of every needed group when it began. */
  quorum: boolean;
  accepted: number;
  /** Records that were committed in time. */
  fresh: number;
  acked: number;
}

export const providerLossIsSurvived: Property = {
  id: "provider-loss-is-survived",
  alias: "G13",
  kind: "eventually",
  sentence:
    "After the loss of one provider acceptance and acknowledgement go on if the surviving voters are a quorum; otherwise nothing is answered that did not commit.",
  subscribes: ["client", "durable", "state", "fault", "operator"],
  start(context) {
    const { plan } = context;
    const state = context.view(pipelineState);
    const outages = outagesOf(plan);
    const electorate = new Electorate(plan);
    const mustGoOn = plan.knobs.toleratesProviderLoss === true;

    function clientEvent(event: EventOf<"client">): void {
      for (const outage of outages) {
        if (outage.start === undefined || event.at < outage.from || event.at > outage.to) continue;
        const early = event.at < outage.from + GRACE;
        if (
          event.phase === "call" &&
          !early &&
          event.at <= outage.to - PATIENCE &&
          !outage.lost.has(event.host)
        ) {
          outage.asked.add(event.key);
        } else if (event.phase === "fail") outage.asked.delete(event.key);
        else if (event.phase === "ok") {
          if (!early) outage.accepted++;
          failsClosed(outage, event);
        }
      }
    }

    function failsClosed(outage: Outage, event: EventOf<"client">): void {
      if (outage.quorum) return;
      context.checked();
      const offset = whole(event.value, "offset");
      if (offset !== undefined && state.records.get(offset)?.key === event.key) return;
      context.violated(
        `${outage.fault} ${event.key}`,
        `${event.key} was answered with success ${when(event)}, though it was not committed and ${outage.provider} was lost since ${time(outage.from)}, without which there is no quorum.`,
        outage.start === undefined ? [event] : [outage.start, event],
      );
    }

    function committed(event: HistoryEvent): void {
      for (const change of state.changes) {
        if (change.of !== "record" && change.of !== "ack") continue;
        for (const outage of outages) {
          if (event.at < outage.from + GRACE || event.at > outage.to) continue;
          if (change.of === "ack") outage.acked++;
          else if (event.at <= outage.to - PATIENCE) outage.fresh++;
        }
      }
    }

    function judge(outage: Outage): void {
      if (outage.start === undefined || !outage.clear || !(outage.quorum || mustGoOn)) return;
      const evidence = [outage.start];
      const lost = `${outage.provider} was lost from ${time(outage.from)} to ${time(outage.to)}`;
      if (outage.asked.size >= ENOUGH_WORK && survives(plan, outage, "gateway")) {
        context.checked();
        if (outage.accepted === 0) {
          context.violated(
            `${outage.fault} acceptance`,
            `${lost}, and none of ${count(outage.asked.size, "webhook")} that surviving shops sent was accepted after ${time(outage.from + GRACE)}.`,
            evidence,
          );
        }
      }
      if (outage.fresh >= ENOUGH_WORK && survivingWorker(outage)) {
        context.checked();
        if (outage.acked === 0) {
          context.violated(
            `${outage.fault} acknowledgement`,
            `${lost}, and none of ${count(outage.fresh, "record")} committed meanwhile was acked after ${time(outage.from + GRACE)}.`,
            evidence,
          );
        }
      }
    }

    function survivingWorker(outage: Outage): boolean {
      for (const host of plan.topology) {
        if (host.role !== "worker" || outage.lost.has(host.id)) continue;
        const domain = domainName(host.domain);
        for (const { placement } of state.groups.values()) if (allows(placement, domain)) return true;
      }
      return false;
    }

    if (outages.length === 0) return {};
    state.listen(committed);
    return {
      subscribes: ["client", "state", "fault", "operator"],
      on(event) {
        switch (event.kind) {
          case "client":
            if (event.operation === "accept") clientEvent(event);
            break;
          case "operator": {
            const drain = drainOf(event);
            for (const outage of outages) {
              if (drain !== undefined && drain.until >= outage.from && event.at <= outage.to)
                outage.clear = false;
            }
            break;
          }
          case "state":
            electorate.on(event);
            break;
          case "fault":
            for (const outage of outages) {
              if (outage.fault !== event.fault || event.phase !== "start") continue;
              outage.start = event;
              outage.quorum = NEEDED.every((group) => electorate.isQuorumWithout(group, outage.lost));
            }
            break;
          default:
            break;
        }
      },
      end() {
        for (const outage of outages) judge(outage);
      },
    };
  },
};

/** Who votes in which group, and who of them is in a state to. */
class Electorate {
  readonly #founders: readonly string[];
  readonly #voters = new Map<string, readonly string[]>();
  readonly #recovering = new Set<string>();

  constructor(plan: Plan) {
    this.#founders = plan.topology
      .filter((host) => host.role === "replica" || host.role === "replica-witness")
      .map((host) => host.id);
  }

  on(event: EventOf<"state">): void {
    if (event.entity === "membership") {
      this.#voters.set(event.name, [...names(event.detail.voters), ...names(event.detail.witnesses)]);
    } else if (event.entity === "raft") {
      if (event.to === "recovering") this.#recovering.add(event.name);
      else this.#recovering.delete(event.name);
    }
  }

  isQuorumWithout(group: string, lost: ReadonlySet<string>): boolean {
    const voters = this.#voters.get(group) ?? this.#founders;
    let able = 0;
    for (const voter of voters) if (!lost.has(voter) && !this.#recovering.has(`${group}@${voter}`)) able++;
    return able > voters.length / 2;
  }
}

function names(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}

function outagesOf(plan: Plan): Outage[] {
  const outages: Outage[] = [];
  for (const fault of plan.faults) {
    if (fault.kind !== "domain-loss" || !fault.target.startsWith("provider/")) continue;
    // When, and where, one that is aimed at a moment will begin no plan tells.
    if (fault.trigger !== undefined) continue;
    const lost = new Set(plan.topology.filter((host) => means(fault.target, host)).map((host) => host.id));
    const from = fault.at;
    const to = fault.at + fault.for;
    const disturbed = plan.faults.some(
      (other) =>
        other !== fault && overlaps(other, from - AFTERMATH, to, plan) && !staysWithin(other, lost, plan),
    );
    outages.push({
      provider: fault.target.slice("provider/".length),
      fault: fault.id,
      from,
      to,
      lost,
      clear: !disturbed,
      asked: new Set(),
      start: undefined,
      quorum: false,
      accepted: 0,
      fresh: 0,
      acked: 0,
    });
  }
  return outages;
}

const means = (selector: string, host: HostSpec): boolean =>
  selects(selector, { id: host.id, domain: host.domain, external: false });

const survives = (plan: Plan, outage: Outage, role: string): boolean =>
  plan.topology.some((host) => host.role === role && !outage.lost.has(host.id));

function overlaps(fault: Fault, from: Micros, to: Micros, plan: Plan): boolean {
  // A crash point strikes whenever its host comes to it; what is damaged on a disk may show at any time. So it is with
  // what waits for a moment.
  const waits = fault.kind === "crash-point" || fault.trigger !== undefined;
  const until = waits ? plan.healAt : "for" in fault ? fault.at + fault.for : fault.at;
  return fault.at <= to && until >= from;
}

/** Whether a fault touches none but what is lost anyway. */
function staysWithin(fault: Fault, lost: ReadonlySet<string>, plan: Plan): boolean {
  const within = (selector: string): boolean => {
    const targets = plan.topology.filter((host) => means(selector, host));
    return targets.length > 0 && targets.every((host) => lost.has(host.id));
  };
  if ("target" in fault) return within(fault.target);
  if ("from" in fault) return within(fault.from) || within(fault.to);
  return fault.a.every(within) || fault.b.every(within);
}
