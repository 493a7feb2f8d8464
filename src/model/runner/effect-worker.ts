/**
 * The effect worker: pulls commands, passes the gate, calls the provider, records the outcome, publishes the
 * result and acks, in this order. No worker waits for the time of the next try: a command that failed, or
 * whose provider is spared by an open breaker, is put off in the store, and its message acked. When its tries
 * are used up, the saga is told that nobody knows what became of it. Providers get the same token for every
 * call of a command.
 */
import { MILLISECOND, type Micros, SECOND, TIMED_OUT } from "seedstorm";
import { CircuitBreaker } from "../actors/breaker.js";
import type { Delivery } from "../broker/api.js";
import { BrokenInvariant } from "../invariant.js";
import { isPublished, type NodeContext } from "./context.js";
import { type Claim, enter, finish, heartbeat, pauseAfter, putOff } from "./effect-gate.js";
import {
  decodeEffectCommand,
  type EffectCommand,
  type EffectResult,
  encodeEvent,
  HEADERS,
  headersOf,
  resultEvent,
} from "./envelope.js";
import { type RunnerError, RunnerFailure } from "./errors.js";
import { GOALS } from "./goals.js";
import { type EffectManifest, type Manifests, resolveSecret } from "./manifest.js";
import { quarantine } from "./quarantine.js";
import { AckHeartbeat, recordAcquired, recordLeft } from "./saga-worker.js";
import { addressOf, subjectOf } from "./subjects.js";

const PULL_WAIT: Micros = 3 * SECOND;
const RETRY: Micros = 150 * MILLISECOND;

type Ended = { readonly resultType: string; readonly payload: EffectResult["payload"] };

export class EffectWorker {
  readonly #context: NodeContext;
  readonly #manifests: () => Manifests;
  readonly #holder: string;
  readonly #breakers = new Map<string, CircuitBreaker>();
  #ranges: ReadonlySet<number> = new Set();
  readonly #pulling = new Set<number>();
  #inFlight = 0;
  #claims = 0;
  #stopped = false;
  #forced = false;

  constructor(context: NodeContext, manifests: () => Manifests) {
    this.#context = context;
    this.#manifests = manifests;
    this.#holder = context.life;
  }

  get idle(): boolean {
    return this.#inFlight === 0;
  }

  serve(ranges: ReadonlySet<number>): void {
    this.#ranges = ranges;
    for (const range of ranges) if (!this.#pulling.has(range)) void this.#pullFor(range);
  }

  stop(): void {
    this.#stopped = true;
  }

  abandon(): void {
    this.#forced = true;
  }

  async #pullFor(range: number): Promise<void> {
    const { broker, settings, host } = this.#context;
    const consumer = effectConsumer(settings.consumers.durablePrefix, range);
    this.#pulling.add(range);
    while (!this.#stopped && this.#ranges.has(range)) {
      const free = settings.effects.concurrency - this.#inFlight;
      if (free <= 0) {
        await host.sleep(RETRY);
        continue;
      }
      const pulled = await broker.pull(settings.streams.commands, consumer, { batch: free, wait: PULL_WAIT });
      if (pulled.status !== "ok") await host.sleep(RETRY);
      else for (const delivery of pulled.value) void this.#take(delivery);
    }
    this.#pulling.delete(range);
  }

  /** Ranges are pulled for side by side: what comes beyond what may be under way at once waits here, and its broker knows. */
  async #take(delivery: Delivery): Promise<void> {
    const { host, log, settings } = this.#context;
    const heartbeat = host.defect("NW2") ? undefined : new AckHeartbeat(this.#context, delivery);
    const most = host.defect("concurrency-by-range") ? Number.MAX_SAFE_INTEGER : settings.effects.concurrency;
    while (this.#inFlight >= most && !this.#stopped) await host.sleep(RETRY);
    if (this.#stopped && !host.defect("drain-keeps-acquiring")) {
      if (host.defect("drain-acks-undone")) await delivery.ack();
      heartbeat?.stop();
      return;
    }
    recordAcquired(this.#context, delivery);
    this.#inFlight++;
    try {
      await this.#process(delivery);
    } catch (error) {
      if (error instanceof BrokenInvariant) throw error;
      host.reached(GOALS.handlerDied);
      log.write("error", `the handler of ${delivery.stream}/${delivery.sequence} died: ${String(error)}`);
    } finally {
      heartbeat?.stop();
      this.#inFlight--;
      recordLeft(this.#context, delivery);
    }
  }

  async #process(delivery: Delivery): Promise<void> {
    const { host, settings } = this.#context;
    if (delivery.deliveryCount >= settings.consumers.maxDeliver && !host.defect("NW7")) {
      host.reached(GOALS.quarantinedAtLastDelivery);
      const reason = `delivered ${delivery.deliveryCount} times`;
      await this.#untilDone(() => quarantine(this.#context, delivery, { kind: "policy", reason }));
      return;
    }
    const command = this.#read(delivery);
    const effect = "kind" in command ? undefined : this.#manifests().effects.get(command.effectName);
    if ("kind" in command || effect === undefined) {
      const error: RunnerError =
        "kind" in command
          ? command
          : { kind: "policy", reason: `nobody provides the effect ${command.effectName}` };
      await this.#untilDone(() => quarantine(this.#context, delivery, error));
      return;
    }
    const round = Number(delivery.headers[HEADERS.round] ?? "1");
    const holder = `${this.#holder}#${++this.#claims}`;
    const entry = await enter(this.#context, command, round, holder, () => !this.#forced);
    switch (entry.pass) {
      case "unknown":
        return; // it comes again when its ack wait is over
      case "stale":
        await this.#ack(delivery);
        return;
      case "done":
        host.reached(GOALS.resultRepeated);
        if (await this.#publish(entry.result, command)) await this.#ack(delivery);
        return;
      case "claimed":
        await this.#execute(delivery, entry.claim, effect);
    }
  }

  #read(delivery: Delivery): EffectCommand | RunnerError {
    const { subject, data, headers } = delivery;
    const { defaultTenant, enabled } = this.#context.settings.tenancy;
    const address = addressOf(subject);
    if (address === undefined)
      return { kind: "decode", path: "subject", reason: `no runner makes the subject ${subject}` };
    if (!enabled && address.tenant !== defaultTenant)
      return { kind: "tenant", expected: defaultTenant, found: address.tenant };
    try {
      return decodeEffectCommand(data, headers, address.tenant);
    } catch (error) {
      if (error instanceof RunnerFailure) return error.error;
      throw error;
    }
  }

  async #execute(delivery: Delivery, claim: Claim, effect: EffectManifest): Promise<void> {
    const { host, settings, meters } = this.#context;
    const breaker = this.#breakerOf(effect.provider);
    const admission = breaker.admit();
    if (!admission.admitted) {
      host.reached(GOALS.breakerHeld);
      // not a try
      if (await this.#putOff(claim, claim.tries, admission.retryAfter)) await this.#ack(delivery);
      return;
    }
    const tries = claim.tries + 1;
    const began = host.clock.monotonic();
    const outcome = await this.#call(claim, effect);
    meters.observe("runner_effect_seconds", host.clock.monotonic() - began, { effect: effect.name });
    if (outcome === "failed") admission.permit.report("failure");
    else admission.permit.report(outcome.resultType === "declined" ? "decline" : "success");
    if (outcome === "failed" && tries < settings.effects.tries) {
      host.reached(GOALS.effectRetried);
      if (await this.#putOff(claim, tries, pauseAfter(this.#context, tries))) await this.#ack(delivery);
      return;
    }
    const ended: Ended = outcome === "failed" ? { resultType: "failed", payload: {} } : outcome;
    await this.#end(delivery, claim, ended);
  }

  /** "failed": nobody knows what became of it. */
  async #call(claim: Claim, effect: EffectManifest): Promise<Ended | "failed"> {
    const { host, settings, secrets, log } = this.#context;
    const { command, holder } = claim;
    const { tenantId, commandId, payload, metadata } = command;
    const isUnsafe = host.defect("NW1") || host.defect("NW2") || host.defect("token-by-attempt");
    const token = isUnsafe ? `${tenantId}:${commandId}:${holder}` : `${tenantId}:${commandId}`;
    const heartbeats = new ClaimHeartbeat(this.#context, claim);
    log.write("info", `call ${effect.provider} for ${commandId}`, { tenantId, metadata });
    const reply = await host.call<{ readonly [name: string]: string }>(
      effect.provider,
      effect.operation,
      token,
      { ...payload, tenant: tenantId, command: commandId, credentials: resolveSecret(secrets, effect) },
      settings.effects.timeout * MILLISECOND,
    );
    heartbeats.stop();
    if (reply === TIMED_OUT) return "failed";
    if (reply.ok) return { resultType: effect.result, payload: reply.value };
    if (!effect.declines.includes(reply.error)) return "failed";
    return { resultType: "declined", payload: { reason: reply.error } };
  }

  async #end(delivery: Delivery, claim: Claim, { resultType, payload }: Ended): Promise<void> {
    const { host, meters } = this.#context;
    const { tenantId, commandId, effectName } = claim.command;
    if (host.defect("NW1")) {
      const result = { tenantId, commandId, effectName, resultType, payload, timestamp: host.clock.now() };
      if (!(await this.#publish(result, claim.command))) return;
    }
    let result: EffectResult | undefined;
    await this.#untilDone(async () => {
      const finished = await finish(this.#context, claim, resultType, payload);
      if (finished.ok) result = finished.value;
      return finished.ok;
    });
    if (result === undefined) return;
    host.reached(
      resultType === "failed"
        ? GOALS.effectGivenUp
        : resultType === "declined"
          ? GOALS.effectDeclined
          : GOALS.effectDone,
    );
    meters.count("runner_effects_total", { effect: effectName, result: resultType });
    if (await this.#publish(result, claim.command)) await this.#ack(delivery);
  }

  /** False: ended by force. */
  async #publish(result: EffectResult, command: EffectCommand): Promise<boolean> {
    const { broker, host, settings } = this.#context;
    const event = resultEvent(result, command.metadata);
    const subject = subjectOf(
      "facts",
      result.tenantId,
      command.metadata.correlationId,
      event.type,
      settings.spread,
    );
    const headers = {
      ...headersOf(result.tenantId, command.metadata),
      [HEADERS.command]: result.commandId,
      [HEADERS.effect]: result.effectName,
    };
    return this.#untilDone(async () => {
      const published = await broker.publish(subject, encodeEvent(event), {
        headers,
        messageId: event.eventId,
      });
      return isPublished(host, published);
    });
  }

  /** Whether this message is done with. It is not when somebody has taken the command over: if he dies, it must come again. */
  async #putOff(claim: Claim, tries: number, pause: Micros): Promise<boolean> {
    let isPutOff = false;
    const isAnswered = await this.#untilDone(async () => {
      const result = await putOff(this.#context, claim, tries, pause);
      isPutOff = result.ok && result.value === "put-off";
      return result.ok;
    });
    return isAnswered && isPutOff;
  }

  async #ack(delivery: Delivery): Promise<void> {
    await this.#untilDone(async () => (await delivery.ack()).status === "ok");
  }

  async #untilDone(step: () => Promise<boolean>): Promise<boolean> {
    for (;;) {
      if (this.#forced) return false;
      if (await step()) return true;
      await this.#context.host.sleep(RETRY);
    }
  }

  #breakerOf(provider: string): CircuitBreaker {
    const known = this.#breakers.get(provider);
    if (known !== undefined) return known;
    const { host, settings } = this.#context;
    const { window, least, open, probes } = settings.effects.breaker;
    const breaker = new CircuitBreaker(host, {
      name: `${host.id}/${provider}`,
      failureRatio: 0.5,
      minimumCalls: least,
      windowCalls: window,
      windowTime: 30 * SECOND,
      openFor: host.defect("breaker-open-too-short") ? open : open * MILLISECOND,
      probes,
      halfOpenFor: 2 * open * MILLISECOND,
      successesToClose: probes,
    });
    this.#breakers.set(provider, breaker);
    return breaker;
  }
}

/** Lets the claim's heartbeat go up while the provider is called. */
class ClaimHeartbeat {
  readonly #context: NodeContext;
  readonly #claim: Claim;
  #isOver = false;

  constructor(context: NodeContext, claim: Claim) {
    this.#context = context;
    this.#claim = claim;
    void this.#run();
  }

  stop(): void {
    this.#isOver = true;
  }

  async #run(): Promise<void> {
    const { host, settings } = this.#context;
    for (;;) {
      await host.sleep(Math.floor((settings.effects.claimTtl * MILLISECOND) / 5));
      if (this.#isOver || !(await heartbeat(this.#context, this.#claim))) return;
    }
  }
}

export const effectConsumer = (prefix: string, range: number): string => `${prefix}-effect-${range}`;
