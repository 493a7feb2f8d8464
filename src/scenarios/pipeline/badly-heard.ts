/** What makes elections contested: replicas that hear each other badly, by pairwise cuts, many of them one-way, and heavy loss. */
import * as fc from "fast-check";
import { ms, percent, seconds, several } from "seedstorm";

interface Count {
  readonly min: number;
  readonly max: number;
}

export const cutsAndLoss = (replica: fc.Arbitrary<string>, cuts: Count, losses: Count) =>
  [
    several<"partition">(cuts, {
      kind: fc.constant("partition"),
      a: fc.tuple(replica),
      b: fc.tuple(replica),
      oneWay: fc.boolean(),
      at: seconds(3, 29),
      for: ms(300, 4_000),
    }),
    several<"loss">(losses, {
      kind: fc.constant("loss"),
      from: fc.oneof(replica, fc.constant("*")),
      to: fc.constant("*"),
      ratio: percent(25, 60),
      at: seconds(3, 20),
      for: seconds(4, 12),
    }),
  ] as const;
