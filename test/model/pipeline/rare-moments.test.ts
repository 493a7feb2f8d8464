import { describe, expect, it } from "vitest";
import { rareMoments } from "../../../src/model/pipeline/rare-moments.js";
import type { Json } from "../../../src/sim/plan.js";
import { HistoryBuilder } from "../../support/history-builder.js";

/** At which hosts a moment comes in a history. */
function hostsOf(id: string, history: HistoryBuilder): string[] {
  const watch = rareMoments.find((moment) => moment.id === id)?.watch();
  if (watch === undefined) throw new Error(`no moment ${id}`);
  return history.history.events
    .map((event) => watch(event, history.history.events))
    .filter((host) => host !== undefined);
}

const reserved = (history: HistoryBuilder, attempt: number) =>
  history.client("ok", "order-effects/reserve", `r-${attempt}`, "accept:wh-1", { state: "new", attempt });

describe("moments that come in few runs", () => {
  it("know a key that was taken over, and one that was taken over again", () => {
    const history = new HistoryBuilder();
    for (const attempt of [1, 2, 3]) reserved(history, attempt);
    expect(hostsOf("key-taken-over", history)).toHaveLength(2);
    expect(hostsOf("key-taken-over-again", history)).toHaveLength(1);
  });

  it("know a dead letter that is delivered again, at its worker", () => {
    const history = new HistoryBuilder();
    history.stream("aws-w", "deliver", 0, 1);
    history.applied("aws-a", "orders", 1, { "dead/checkout-workers/0": { count: 1 } });
    history.stream("aws-w", "deliver", 0, 2);
    history.stream("aws-w", "deliver", 1, 1);
    expect(hostsOf("dead-letter-delivered", history)).toEqual(["aws-w"]);
  });

  it("know a fence that is raised, and not the writes under it", () => {
    const history = new HistoryBuilder();
    history.client("ok", "orders/raise-fence", "f-1", "", {});
    history.client("ok", "orders/trim", "f-2", "", {});
    expect(hostsOf("fence-raised", history)).toHaveLength(1);
  });

  it("know a change of members that is on a disk, and a term without a vote", () => {
    const history = new HistoryBuilder();
    const durable = (store: string, key: string, value: Json) =>
      history.durable("aws-a", store, 1, { [key]: value });
    durable("raft/orders@aws-a", "7", { term: 1, digest: 5 });
    durable("raft/orders@aws-a", "8", { term: 1, digest: 6, members: true });
    durable("vote/orders@aws-a", "vote", "aws-a");
    durable("vote/orders@aws-a", "vote", null);
    expect(hostsOf("members-appended", history)).toEqual(["aws-a"]);
    expect(hostsOf("term-durable", history)).toEqual(["aws-a"]);
  });
});
