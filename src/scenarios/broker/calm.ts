/** Nothing goes wrong but what workers do: every kind of stream, consumer and bucket, in use. */
import { BROKER_GOALS as GOALS } from "../../model/broker/clients/goals.js";
import { STORAGE_GOALS } from "../../model/storage/goals.js";
import { brokerScenario } from "./define.js";

export const brokerCalm = brokerScenario({
  id: "broker-calm",
  title: "streams, consumers and a bucket in use, and nothing goes wrong",
  shows:
    "Producers publish to streams of every retention and limit, workers answer what they are given in every way there is, keepers write and watch a bucket, " +
    "tellers move money in transactions. Every property of the broker and of the store holds.",
  goals: [
    GOALS.streamChanged,
    GOALS.purged,
    GOALS.streamDeleted,
    GOALS.duplicate,
    GOALS.storedAgain,
    GOALS.expectationMet,
    GOALS.expectationFailed,
    GOALS.full,
    GOALS.tooLarge,
    GOALS.redelivered,
    GOALS.lastDelivery,
    GOALS.terminated,
    GOALS.naked,
    GOALS.putOff,
    GOALS.notCurrent,
    GOALS.pushed,
    GOALS.created,
    GOALS.keyThere,
    GOALS.updated,
    GOALS.revisionGone,
    GOALS.transferred,
    GOALS.collected,
    STORAGE_GOALS.conflict,
    STORAGE_GOALS.compacted,
  ],
});
