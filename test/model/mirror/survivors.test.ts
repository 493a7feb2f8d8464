import { describe, expect, it } from "vitest";
import { survivorsServeApplications } from "../../../src/model/mirror/properties/survivors.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

function withoutHome(): HistoryBuilder {
  const history = new HistoryBuilder({
    faults: [{ kind: "host-loss", id: "f-1", at: 5 * SECOND, target: "east" }],
  });
  history.at(5).add("east", { kind: "host", phase: "gone", incarnation: 1 });
  return history;
}

describe("survivors serve applications", () => {
  it("holds when writes are done and surviving replicas answer, whatever the lost one does", () => {
    const history = withoutHome();
    history.at(20).client("call", "write", "w-1", "cart/ada", { field: "a" });
    history.at(21).client("ok", "write", "w-1", "cart/ada");
    history.client("call", "read", "r-1", "cart/ada", { cluster: "east" });
    history.at(24).client("info", "read", "r-1", "cart/ada", { cluster: "east" });
    expect(judge(survivorsServeApplications, history).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires before the heal, on a write that is not done", () => {
    const history = withoutHome();
    history.at(20).client("call", "write", "w-1", "cart/ada", { field: "a" });
    history.at(23).client("fail", "write", "w-1", "cart/ada");
    expect(judge(survivorsServeApplications, history).message).toBe(
      "The write of cart/ada was asked for at 20.000 s, with nothing wrong since 5.000 s but that east never came back, and was answered with fail at 23.000 s.",
    );
  });

  it("fires on a surviving replica that does not answer", () => {
    const history = withoutHome();
    history.at(20).client("call", "read", "r-1", "cart/ada", { cluster: "west" });
    expect(judge(survivorsServeApplications, history).message).toMatch(/had no answer by 60\.000 s\.$/);
  });
});
