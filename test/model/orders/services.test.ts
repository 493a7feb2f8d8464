/** Services whose supervision gives up, on histories made by hand. */
import { describe, expect, it } from "vitest";
import { givenUpIsRestarted } from "../../../src/model/orders/properties/services.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

/** A service on two hosts, with the supervisor of its pool and the one above. */
class Shop extends HistoryBuilder {
  begins(n: number, host = "payment-1"): this {
    this.state(host, "supervisor", `payment-processors-supervisor/${n}`, "none", "running");
    return this;
  }

  ends(n: number, host = "payment-1"): this {
    this.state(host, "supervisor", `payment-processors-supervisor/${n}`, "running", "ended");
    return this;
  }
}

describe("a service whose supervision has given up", () => {
  it("begins anew", () => {
    const restarted = new Shop().begins(1).begins(2).at(3).ends(2).ends(1).at(4).begins(3);
    expect(judge(givenUpIsRestarted, restarted).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("must not stay down, whatever another host does", () => {
    const down = new Shop().begins(1).begins(1, "payment-2").at(3).ends(1).at(4).begins(2, "payment-2");
    expect(judge(givenUpIsRestarted, down).message).toBe(
      "The supervision of payment-processors on payment-1 gave up at 3.000 s, and at 60.000 s there is none.",
    );
  });

  it("has not given up while one of its supervisors runs, or when its host has crashed", () => {
    expect(judge(givenUpIsRestarted, new Shop().begins(1).begins(2).ends(2)).violations).toEqual([]);
    const crashed = new Shop().begins(1).at(3).ends(1);
    crashed.at(4).add("payment-1", { kind: "host", phase: "crash", incarnation: 1 });
    expect(judge(givenUpIsRestarted, crashed).report.verdict).toBe("vacuous");
  });
});
