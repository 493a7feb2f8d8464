/**
 * What is promised of circuit breakers, judged by a second account of them: from what each call came to, and the configuration, it
 * works out what the breaker has to do. Times are those of the host's own clock, by which breakers go.
 */
import { type EventOf, type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { type CheckContext, count, type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, LIFE, Lives, type StateEvent } from "./lives.js";

/** A breaker as the facts have it so far. */
interface Account {
  readonly config: StateEvent;
  state: string;
  /** The event with which this state began. */
  since: StateEvent;
  /** Counts changes of state. */
  period: number;
  /** Calls let through in this period that have not come to anything yet, or to success. */
  probes: Set<string>;
  /** Calls in the order in which they came out, of this period alone. */
  outcomes: { readonly event: StateEvent; readonly failed: boolean }[];
  readonly periods: Map<string, number>;
  /** What it must do in this instant, and why. */
  due: StateEvent | undefined;
  /** Calls that were let through or refused since a moment that is long after the heal. */
  traffic: number;
  /** Failures of calls that were let through after the heal. */
  lateFailure: boolean;
}

type Accounts = Map<string, Account>;
type RefusalEvent = EventOf<"refusal">;

/** Follows one breaker's facts; what contradicts its promises is given to whoever asks. */
abstract class BreakerCheck {
  readonly context: CheckContext;
  readonly lives = new Lives<Accounts>(() => new Map());

  constructor(context: CheckContext) {
    this.context = context;
  }

  on(event: Parameters<typeof about>[0]): void {
    const accounts = this.lives.of(event);
    const change = about(event, ENTITY.breaker);
    if (change !== undefined) this.#onChange(accounts, change);
    if (event.kind === "refusal" && event.operation === "breaker-call") {
      const refusing = accounts.get(event.key);
      if (refusing !== undefined) this.onRefused(refusing, event);
    }
    const call = about(event, ENTITY.breakerCall);
    const account = call === undefined ? undefined : accounts.get(field(call, "breaker"));
    if (call === undefined || account === undefined) return;
    if (call.to === "admitted") this.#onAdmitted(account, call);
    else this.#onOutcome(account, call);
  }

  #onChange(accounts: Accounts, change: StateEvent): void {
    const account = accounts.get(change.name);
    if (account === undefined || change.from === "none") {
      accounts.set(change.name, {
        config: change,
        state: change.to,
        since: change,
        period: 0,
        probes: new Set(),
        outcomes: [],
        periods: new Map(),
        due: undefined,
        traffic: 0,
        lateFailure: false,
      });
      return;
    }
    this.onChange(account, change);
    account.state = change.to;
    account.since = change;
    account.period++;
    account.probes.clear();
    account.outcomes = [];
    account.due = undefined;
  }

  #onAdmitted(account: Account, call: StateEvent): void {
    this.onAdmitted(account, call);
    account.periods.set(call.name, account.period);
    account.probes.add(call.name);
  }

  #onOutcome(account: Account, call: StateEvent): void {
    const period = account.periods.get(call.name);
    account.periods.delete(call.name);
    if (call.to === "decline") account.probes.delete(call.name);
    if (period !== account.period || call.to === "decline") return;
    account.outcomes.push({ event: call, failed: call.to === "failure" });
    this.onCounted(account, call);
  }

  violated(event: HistoryEvent, message: string, { config, since }: Account): void {
    this.context.violated(`${event.host} ${config.name}`, `${message}.`, [since, event]);
  }

  /** Called before the account changes. */
  abstract onChange(account: Account, change: StateEvent): void;
  abstract onAdmitted(account: Account, call: StateEvent): void;
  abstract onRefused(account: Account, refusal: RefusalEvent): void;
  /** Called after the account changed. */
  abstract onCounted(account: Account, call: StateEvent): void;
}

/** The outcomes that a closed breaker goes by at an instant. */
function windowAt(account: Account, clock: number): { readonly size: number; readonly failures: number } {
  const { config, outcomes } = account;
  const recent = outcomes
    .slice(-amount(config, "windowCalls"))
    .filter(({ event }) => amount(event, "clock") > clock - amount(config, "windowTime"));
  return { size: recent.length, failures: recent.filter(({ failed }) => failed).length };
}

function mustOpen(account: Account, clock: number): boolean {
  const { size, failures } = windowAt(account, clock);
  const { config } = account;
  return size >= amount(config, "minimumCalls") && failures >= amount(config, "failureRatio") * size;
}

/** How long the breaker has been in its state, by its own clock. */
const age = (account: Account, event: StateEvent): number =>
  amount(event, "clock") - amount(account.since, "clock");

class GateCheck extends BreakerCheck {
  onChange(account: Account, change: StateEvent): void {
    if (account.state === "open" && age(account, change) < amount(account.config, "openFor")) {
      this.violated(
        change,
        `${change.name} was ${change.to} ${when(change)}, too soon after it had opened`,
        account,
      );
    }
  }

  onAdmitted(account: Account, call: StateEvent): void {
    this.context.checked();
    const { state, probes, config } = account;
    const most = amount(config, "probes");
    if (account.due !== undefined)
      this.violated(
        call,
        `${config.name} had seen enough failures by ${time(account.due.at)}, and did not open`,
        account,
      );
    if (state === "open")
      this.violated(call, `${config.name} let a call through ${when(call)}, while it was open`, account);
    if (state !== "half-open") return;
    if (age(account, call) >= amount(config, "halfOpenFor"))
      this.violated(
        call,
        `${config.name} let a call through ${when(call)}, half-open, though its time for that was over`,
        account,
      );
    if (probes.size < most) return;
    this.violated(
      call,
      `${config.name} let a call through ${when(call)}, half-open, with ${count(probes.size, "other")}, and ${most} may try`,
      account,
    );
  }

  onRefused(account: Account, refusal: RefusalEvent): void {
    this.context.checked();
    const { state, probes, config } = account;
    const most = amount(config, "probes");
    if (state === "closed")
      this.violated(refusal, `${config.name} refused a call ${when(refusal)}, while it was closed`, account);
    if (state !== "half-open" || probes.size >= most) return;
    this.violated(
      refusal,
      `${config.name} refused a call ${when(refusal)}, half-open, with ${count(probes.size, "other")}, though ${most} may try`,
      account,
    );
  }

  onCounted(account: Account, call: StateEvent): void {
    if (account.state === "closed" && mustOpen(account, amount(call, "clock"))) account.due = call;
  }
}

const breakerGates: Property = {
  id: "breaker-gates",
  alias: "P9",
  kind: "always",
  sentence:
    "A breaker that has seen enough failures opens; open it lets no call through, half-open as many at a time as may try and no more, and none once its time for that is over, closed all.",
  subscribes: [...LIFE, "refusal"],
  start: (context) => new GateCheck(context),
};

class RecoveryCheck extends BreakerCheck {
  onChange(account: Account, change: StateEvent): void {
    this.context.checked();
    const { state, outcomes, config } = account;
    const edge = `${state} → ${change.to}`;
    const failed = outcomes.some((outcome) => outcome.failed);
    switch (edge) {
      case "closed → open":
        if (!mustOpen(account, amount(change, "clock"))) this.#noCause(account, change);
        return;
      case "half-open → closed":
        if (failed || outcomes.length < amount(config, "successesToClose")) this.#noCause(account, change);
        return;
      case "open → half-open":
        return;
      case "half-open → open":
        if (!failed && age(account, change) < amount(config, "halfOpenFor")) this.#noCause(account, change);
        return;
      default:
        this.violated(
          change,
          `${config.name} went from ${state} to ${change.to} ${when(change)}, which no breaker does`,
          account,
        );
    }
  }

  onAdmitted(account: Account, call: StateEvent): void {
    this.#count(account, call);
  }

  onCounted(account: Account, call: StateEvent): void {
    if (call.to === "failure" && call.at > this.context.plan.healAt + HEALED) account.lateFailure = true;
  }

  onRefused(account: Account, refusal: RefusalEvent): void {
    this.#count(account, refusal);
  }

  #count(account: Account, { at }: { readonly at: Micros }): void {
    const { healAt } = this.context.plan;
    const { config } = account;
    if (at > healAt + HEALED + amount(config, "openFor") + amount(config, "halfOpenFor")) account.traffic++;
  }

  #noCause({ state, since, config, outcomes }: Account, change: StateEvent): void {
    const failures = outcomes.filter(({ failed }) => failed).length;
    this.context.violated(
      `${change.host} ${config.name}`,
      `${config.name} went from ${state} to ${change.to} ${when(change)}, when of ${count(outcomes.length, "call")} that it had let through since ${time(since.at)} and that came out ${failures} had failed.`,
      [since, change],
    );
  }

  end(at: Micros): void {
    for (const accounts of this.lives.all()) {
      for (const { state, since, config, traffic, lateFailure } of accounts.values()) {
        if (lateFailure || traffic < amount(config, "probes") + amount(config, "successesToClose")) continue;
        this.context.checked();
        if (state === "closed") continue;
        this.context.violated(
          `${config.host} ${config.name}`,
          `${config.name} is still ${state} at ${time(at)}, since ${time(since.at)}, with all well behind it and ${count(traffic, "call")} since.`,
          [since],
        );
      }
    }
  }
}

/** So long after the heal what was under way is over. */
const HEALED: Micros = 2 * SECOND;

const breakerRecovers: Property = {
  id: "breaker-recovers",
  alias: "P10",
  kind: "eventually",
  sentence:
    "A breaker changes its state for cause only, by calls of its present period, and none stays open or half-open once all is well and there is traffic.",
  subscribes: [...LIFE, "refusal"],
  start: (context) => new RecoveryCheck(context),
};

/** For systems whose callers end with their host only: an actor that is killed during a call reports nothing. */
export const breakerHears: Property = {
  id: "breaker-hears-outcomes",
  kind: "eventually",
  sentence:
    "Of each call that a breaker let through before the heal it hears by the end what it came to, unless its host crashed.",
  subscribes: LIFE,
  start(context) {
    const calls = new Lives<Map<string, StateEvent>>(() => new Map());
    return {
      on(event) {
        const open = calls.of(event);
        // a new one in place of another says nothing of the other's calls
        const breaker = about(event, ENTITY.breaker);
        if (breaker?.from === "none") {
          for (const [name, call] of open) if (field(call, "breaker") === breaker.name) open.delete(name);
        }
        const call = about(event, ENTITY.breakerCall);
        if (call === undefined) return;
        if (call.to === "admitted") open.set(call.name, call);
        else if (open.delete(call.name)) context.checked();
      },
      end(at) {
        for (const open of calls.all()) {
          for (const call of open.values()) {
            if (call.at >= context.plan.healAt) continue;
            context.checked();
            context.violated(
              `${call.host} ${call.name}`,
              `${field(call, "breaker")} let a call through ${when(call)}, and had not heard by ${time(at)} what it had come to.`,
              [call],
            );
          }
        }
      },
    };
  },
};

/** All that is promised of breakers, for a system that has no other part of the actor layer. */
export const breakerProperties: readonly Property[] = [breakerGates, breakerRecovers];
