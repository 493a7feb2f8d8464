/** The moments of channels that faults may be aimed at, beside those of the broker: they come at the host of a receiver. */
import { type Moment, moment } from "seedstorm";
import { brokerMoments } from "../broker/moments.js";
import { OPERATION } from "./facts.js";

export const channelMoments: readonly Moment[] = [
  ...brokerMoments,
  moment(
    "channel-answer-given",
    "a receiver has begun to acknowledge a message, or to give it back",
    (event) =>
      event.kind === "client" &&
      event.phase === "call" &&
      (event.operation === OPERATION.ack || event.operation === OPERATION.nack)
        ? event.host
        : undefined,
  ),
  moment("channel-ack-taken", "a receiver has heard from the broker that its ack is taken", (event) =>
    event.kind === "client" && event.phase === "ok" && event.operation === "broker/ack"
      ? event.host
      : undefined,
  ),
  moment("channel-message-kept", "a sender has heard that its message is kept", (event) =>
    event.kind === "client" && event.phase === "ok" && event.operation === OPERATION.send
      ? event.host
      : undefined,
  ),
];
