/** Replicas that never catch up, for different causes: what is said of each differs. */
import { expect, it } from "vitest";
import { whereaboutsOfConsumer } from "../../../src/model/mirror/properties/whereabouts.js";
import { HistoryBuilder } from "../../support/history-builder.js";

const NAME = "cart/ada@west";

function told(history: HistoryBuilder): string {
  const { events } = history.history;
  const event = (id: number) => {
    const found = events[id];
    if (found === undefined) throw new RangeError(`no event ${id}`);
    return found;
  };
  const context = { plan: history.plan, event, view: never, checked: never, violated: never };
  return whereaboutsOfConsumer(context, events.length - 1, NAME);
}

const never = (): never => {
  throw new Error("not asked for here");
};

const running = (): HistoryBuilder => {
  const history = new HistoryBuilder();
  history.at(2).state("west", "consumer", NAME, "stopped", "running", { cursor: 0 });
  return history;
};

it("says of a replica that it has no consumer, that it is stopped, that its host crashed, or what its last read came to", () => {
  expect(told(new HistoryBuilder())).toBe("it never had a consumer, and it has read nothing");

  const stopped = running();
  stopped.at(9).state("west", "consumer", NAME, "running", "stopped", { cursor: 3 });
  expect(told(stopped)).toBe("its consumer is stopped since 9.000 s, and it has read nothing");

  const crashed = running();
  crashed.at(9).add("west", { kind: "host", phase: "crash", incarnation: 1 });
  expect(told(crashed)).toBe(
    "its consumer ended with its host at 9.000 s and has not begun again, and it has read nothing",
  );

  const failing = running();
  failing.at(50).state("west", "poll", NAME, "reading", "failed", { before: 3, after: 3, read: 0 });
  expect(told(failing)).toBe(
    "its consumer runs since 2.000 s, and its last read, at 50.000 s, was failed at cursor 3",
  );
});
