/**
 * What is promised of those who wait at a channel in memory. Not verified: messages whose time for an answer has run out, as the history does
 * not say when a channel took them back.
 */
import { type FactKind, type HistoryEvent, type Micros, SECOND } from "seedstorm";
import { type CheckContext, count, type Property, time, when } from "seedstorm/check";
import { ENTITY } from "../facts.js";
import { about, amount, field, Lives, type StateEvent } from "./lives.js";

/** Clocks may be slow. */
const SLACK: Micros = 2 * SECOND;
const READS: readonly FactKind[] = ["state", "host", "publish", "deliver", "ack", "nack", "term"];

interface Account {
  readonly config: StateEvent;
  /** Messages that are kept, by sequence: when they were taken in, and whether they can be delivered. */
  readonly kept: Map<number, { readonly since: Micros; ready: boolean }>;
  /** Those who wait, in the order in which they came. */
  readonly senders: Map<string, StateEvent>;
  readonly receivers: Map<string, StateEvent>;
}

interface Life {
  readonly channels: Map<string, Account>;
  lastAt: Micros;
}

function follow({ channels }: Life, event: HistoryEvent): void {
  const opened = about(event, ENTITY.channel);
  if (opened !== undefined) {
    const account: Account = { config: opened, kept: new Map(), senders: new Map(), receivers: new Map() };
    channels.set(opened.name, account);
  }
  const receiver = about(event, ENTITY.receiver);
  if (receiver !== undefined) queue(channels.get(field(receiver, "channel"))?.receivers, receiver);
  const sender = about(event, ENTITY.sender);
  if (sender !== undefined) queue(channels.get(field(sender, "channel"))?.senders, sender);
  if (!("stream" in event)) return;
  const account = channels.get(event.stream);
  if (account === undefined) return;
  const { kept, config, receivers } = account;
  const message = kept.get(event.sequence);
  switch (event.kind) {
    case "publish":
      kept.set(event.sequence, { since: event.at, ready: true });
      break;
    case "deliver":
      receivers.delete(event.group);
      if (field(config, "delivery") === "at-most-once") kept.delete(event.sequence);
      else if (message !== undefined) message.ready = false;
      break;
    case "nack":
      // One that was delivered often enough is on its way to the dead letters.
      if (message !== undefined) message.ready = event.deliveryCount < amount(config, "maxDeliveries");
      break;
    case "ack":
    case "term":
      kept.delete(event.sequence);
  }
}

/** Takes one that waits in, or out. */
function queue(waiting: Map<string, StateEvent> | undefined, one: StateEvent): void {
  if (one.to === "waiting") waiting?.set(one.name, one);
  else waiting?.delete(one.name);
}

/** Whether a message can be delivered, and is not about to be given up for its age. */
function isReady(
  { config }: Account,
  { since, ready }: { readonly since: Micros; readonly ready: boolean },
  at: Micros,
) {
  const ttl = amount(config, "messageTtl");
  return ready && (ttl === 0 || at - since < (ttl * 9) / 10);
}

/** An instant is over. */
function judge({ channels, lastAt }: Life, context: CheckContext): void {
  for (const account of channels.values()) {
    const { config, kept, senders, receivers } = account;
    const [sender] = senders.values();
    const room = amount(config, "capacity") - kept.size;
    if (sender !== undefined && room > 0) {
      context.violated(
        `${sender.host} ${sender.name}`,
        `${sender.name} waits since ${time(sender.at)}, though at ${time(lastAt)} ${config.name} had room for ${count(room, "message")}.`,
        [sender],
      );
    }
    const [receiver] = receivers.values();
    if (receiver === undefined) continue;
    if (![...kept.values()].some((message) => isReady(account, message, lastAt))) continue;
    context.violated(
      `${receiver.host} ${receiver.name}`,
      `${receiver.name} waits at ${config.name} since ${time(receiver.at)}, though at ${time(lastAt)} a message was there for it.`,
      [receiver],
    );
  }
}

export const channelWaitsForCause: Property = {
  id: "channel-waits-for-cause",
  kind: "always",
  sentence:
    "At a channel no sender waits while there is room, nor a receiver while there is a message for it; senders go on in order, and are turned away only when their time is over.",
  subscribes: READS,
  start(context) {
    const lives = new Lives<Life>(() => ({ channels: new Map(), lastAt: 0 }));

    /** What becomes of a sender that has waited. */
    function onSender({ channels }: Life, sender: StateEvent): void {
      const account = channels.get(field(sender, "channel"));
      const since = account?.senders.get(sender.name);
      if (account === undefined || since === undefined) return;
      context.checked();
      const flaw = (message: string, ...evidence: StateEvent[]) =>
        context.violated(
          `${sender.host} ${sender.name}`,
          `${sender.name}, which had waited since ${time(since.at)}, ${message}.`,
          [since, ...evidence, sender],
        );
      const [first = since] = account.senders.values();
      if (sender.to === "served" && first !== since)
        flaw(`was served ${when(sender)} before ${first.name}`, first);
      const least = (amount(account.config, "sendTimeout") * 9) / 10;
      if (sender.to === "timed-out" && sender.at - since.at < least)
        flaw(`was turned away ${when(sender)}, long before its time was over`);
    }

    return {
      on(event) {
        const life = lives.of(event);
        if (event.at > life.lastAt) judge(life, context);
        life.lastAt = event.at;
        const sender = about(event, ENTITY.sender);
        if (sender !== undefined && sender.to !== "waiting") onSender(life, sender);
        follow(life, event);
      },
      end(at) {
        for (const life of lives.all()) {
          judge(life, context);
          for (const { config, senders } of life.channels.values()) {
            for (const sender of senders.values()) {
              const due = Math.max(sender.at, context.plan.healAt) + amount(config, "sendTimeout") + SLACK;
              if (due > at) continue;
              context.violated(
                `${sender.host} ${sender.name}`,
                `${sender.name} waits since ${time(sender.at)}, and at ${time(at)} has no answer yet.`,
                [sender],
              );
            }
          }
        }
      },
    };
  },
};
