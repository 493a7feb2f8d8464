/** The scenarios of channels over the broker. */
import type { Scenario } from "seedstorm";
import { GOALS } from "../../model/channels/goals.js";
import { channelScenario } from "./define.js";

const calm = channelScenario({
  id: "channels-calm",
  title: "channels and a topic on a quiet day",
  shows:
    "Senders, receivers and subscribers without faults, but for receivers who forget a message or give it back. Messages come in order, poison and what is too old go to the " +
    "dead letters, every subscriber gets everything.",
  certain: [
    GOALS.redelivered,
    GOALS.givenUp,
    "broker-channel-answers-are-true",
    "broker-channel-keeps-once",
    "broker-channel-capacity",
    "broker-channel-sender-answered",
    "broker-channel-fifo",
    "broker-channel-done-is-done",
    "broker-channel-gives-up",
    "broker-channel-expiry",
    "broker-channel-serves",
    "broker-channel-loses-nothing",
    "broker-channel-subscribers-miss-nothing",
    "broker-channel-dead-letters",
  ],
  goals: [GOALS.redelivered, GOALS.givenUp],
});

const crashes = channelScenario({
  id: "channels-crashes",
  title: "brokers, receivers and subscribers that crash",
  shows:
    "Leaders crash between a message and its acknowledgement, receivers with a message in hand, subscribers for longer than a message is new. Nothing that was acknowledged " +
    "is lost, what was in hand comes again, who subscribes again goes on where they were.",
  storm: { kinds: ["crash", "crash-point", "pause"], most: 4 },
  mustFire: ["crash", "crash-point", "pause"],
  goals: [GOALS.redelivered, GOALS.resubscribed, GOALS.expired],
});

const network = channelScenario({
  id: "channels-partitions",
  title: "senders and receivers that are cut off from the brokers",
  shows:
    "Partitions of every shape, lossy, slow and flaky links. A send whose outcome is unknown says so, and sent again under its key is kept once; an ack that got " +
    "lost ends in a second delivery, never in a lost message.",
  storm: {
    kinds: ["partition", "clog", "loss", "duplication", "reorder", "slow-link", "flaky-link"],
    most: 3,
  },
  goals: [GOALS.sendUnknown, GOALS.sendTimedOut, GOALS.redelivered],
});

const pressure = channelScenario({
  id: "channels-pressure",
  title: "more messages than room",
  shows:
    "Bursts of messages and receivers who take long. Full channels hold up, drop or refuse as each is configured to, and keep no more than they may; messages " +
    "grow too old and go to the dead letters.",
  messages: { times: { min: 25, max: 45 }, atOnce: { min: 4, max: 12 } },
  knobs: { slowness: 25 },
  storm: { kinds: ["crash", "partition", "slow-link"], most: 2 },
  goals: [GOALS.blocked, GOALS.sendTimedOut, GOALS.dropped, GOALS.refused, GOALS.expired],
});

const poison = channelScenario({
  id: "channels-poison",
  title: "poison, and dead letters that can't be reached",
  shows:
    "Every other sending is poison, while receivers and brokers crash and are cut off as they give a message up. Each message that was given up is with the dead " +
    "letters in the end, once; none is done with before.",
  poison: 2,
  messages: { times: { min: 30, max: 50 }, atOnce: { min: 1, max: 2 } },
  storm: { kinds: ["crash", "partition", "flaky-link"], most: 6 },
  goals: [GOALS.givenUp, GOALS.deadLettersAway],
});

const storm = channelScenario({
  id: "channels-storm",
  title: "a swarm of everything that can go wrong with channels over the broker",
  shows:
    "Every kind of fault but damaged media, a random subset of them in each universe, half of them aimed at moments of the broker. Every promise to senders, receivers, " +
    "subscribers and operators holds, and so does everything that the brokers' logs promise.",
  messages: { atOnce: { min: 1, max: 6 } },
  storm: {},
  goals: [
    GOALS.sendUnknown,
    GOALS.sentTwiceKeptOnce,
    GOALS.redelivered,
    GOALS.cameTooLate,
    GOALS.expired,
    GOALS.givenUp,
    GOALS.resubscribed,
  ],
});

export const channelScenarios: readonly Scenario[] = [calm, crashes, network, pressure, poison, storm];
