/** What a campaign over channels of the broker should have seen happen: goals, by the names under which they are counted. */
export const GOALS = {
  blocked: "broker channel: sender waited for room",
  sendTimedOut: "broker channel: send timed out",
  sendUnknown: "broker channel: outcome of a send unknown",
  sentTwiceKeptOnce: "broker channel: message sent twice, kept once",
  dropped: "broker channel: message dropped by a full channel",
  refused: "broker channel: message refused by a full channel",
  redelivered: "broker channel: message delivered again",
  cameTooLate: "broker channel: message came for a receiver who had gone",
  lateAnswer: "broker channel: late answer to a delivery",
  expired: "broker channel: message expired",
  givenUp: "broker channel: message delivered too often",
  deadLettersAway: "broker channel: dead letters could not be left",
  resubscribed: "broker channel: subscriber came back",
} as const;
