/** What the mirror promises to applications and operators, on histories made by hand: each holds, and each fires. */
import { describe, expect, it } from "vitest";
import {
  applicationsAreServed,
  logRetains,
  readsHaveCauses,
  readsShowTheLog,
} from "../../../src/model/mirror/properties/applications.js";
import {
  everyGrainHasItsPrimary,
  lostPrimaryIsReplaced,
  retiredGrainIsInTheLog,
  takeoversHaveCauses,
} from "../../../src/model/mirror/properties/primaries.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const GRAIN = "cart/ada";
const TOPOLOGY = [
  ["east", "cluster"],
  ["west", "cluster"],
  ["log", "log"],
  ["directory", "directory"],
].map(([id = "", role = ""]) => ({ id, role, domain: { provider: "aws", region: id } }));

/** A grain whose primary is `east`, until something else is said. */
class Mirror extends HistoryBuilder {
  #txn = 0;

  constructor(parts: ConstructorParameters<typeof HistoryBuilder>[0] = {}) {
    super({ topology: TOPOLOGY, knobs: { grains: 1 }, ...parts });
  }

  place(cluster: string | null, epoch: number): this {
    this.durable("directory", "directory", ++this.#txn + 1, { [`grain/${GRAIN}`]: { cluster, epoch } });
    return this;
  }

  active(cluster: string, epoch: number, to = "primary"): this {
    const from = to === "primary" ? "replica" : "primary";
    this.state(cluster, "grain", `${GRAIN}@${cluster}`, from, to, { epoch, sequence: 0 });
    return this;
  }

  row(sequence: number, set: object, epoch = 1): this {
    const value = { epoch, source: "east", type: "full-state", after: 0, payload: JSON.stringify(set) };
    this.durable("log", "replication-log", ++this.#txn, { [`row/${GRAIN}/${sequence}`]: value });
    return this;
  }

  host(id: string, phase: "crash" | "boot"): this {
    this.add(id, { kind: "host", phase, incarnation: 1 });
    return this;
  }

  failover(to: string): this {
    this.state("west", "failover", "east@west", "", to);
    return this;
  }

  read(id: string, at: number, phase: "ok" | "fail", value: object): this {
    this.at(at).client("call", "read", id, GRAIN, { cluster: "west" });
    this.at(at + 0.1).client(phase, "read", id, GRAIN, { cluster: "west", ...value });
    return this;
  }
}

const CALM = { healAt: 0 };
const STORMY = {
  faults: [{ id: "f1", kind: "crash", target: "east", at: 5 * SECOND, for: SECOND }],
} as const;
const settled = (parts = {}): Mirror => new Mirror(parts).at(1).place("east", 1).active("east", 1);

describe("a grain", () => {
  it("has the primary that the directory names", () => {
    expect(judge(everyGrainHasItsPrimary, settled()).report.verdict).toBe("held");
  });

  it.each([
    ["nobody is active", new Mirror().at(1).place("east", 1)],
    ["another one is active", settled().active("west", 1)],
    ["it is active under an old epoch", settled().place("east", 2)],
    ["it was taken out and is not registered again", settled().place(null, 1)],
    ["it was never registered", new Mirror()],
  ])("must not be left while %s", (_, mirror) => {
    expect(judge(everyGrainHasItsPrimary, mirror).report.verdict).toBe("violated");
  });

  it("is taken over by who could not reach its primary for the grace", () => {
    const mirror = settled(STORMY).at(10).failover("primary-unreachable").at(12.5).failover("promoting");
    expect(judge(takeoversHaveCauses, mirror.place("west", 2)).report.verdict).toBe("held");
  });

  it("must not be taken from a primary that can be reached, nor before the grace is over", () => {
    expect(judge(takeoversHaveCauses, settled().at(10).place("west", 2)).message).toBe(
      "west took cart/ada from east at 10.000 s, which it could reach.",
    );
    const early = settled().at(10).failover("primary-unreachable").at(10.5).failover("promoting");
    expect(judge(takeoversHaveCauses, early.place("west", 2)).message).toMatch(
      /for 0\.500 s only: the grace is 3\.000 s\.$/,
    );
  });

  it("must not be taken over when all has been well for long, nor be registered anew elsewhere than at home", () => {
    const late = settled().at(50).failover("primary-unreachable").at(53).failover("promoting");
    expect(judge(takeoversHaveCauses, late.place("west", 2)).message).toMatch(/when all had been well since/);
    expect(judge(takeoversHaveCauses, settled().place(null, 1).place("west", 2)).message).toMatch(
      /was registered by west .* and not by east\.$/,
    );
  });

  it("must be taken over when its primary is down for long", () => {
    const lost = (): Mirror => settled().at(10).host("east", "crash");
    expect(
      judge(lostPrimaryIsReplaced, lost().at(14).place("west", 2).at(30).row(1, {})).report.verdict,
    ).toBe("held");
    expect(judge(lostPrimaryIsReplaced, lost().at(30).row(1, {})).message).toMatch(
      /nobody had taken cart\/ada over: nobody watches it\.$/,
    );
    const watched = lost();
    watched.at(12).state("west", "failover", "east@west", "monitoring", "promoting");
    expect(judge(lostPrimaryIsReplaced, watched.at(30).row(1, {})).message).toMatch(
      /ada over: west is promoting since 12\.000 s\.$/,
    );
    const back = lost().at(12).host("east", "boot").at(30).row(1, {});
    expect(judge(lostPrimaryIsReplaced, back).report.verdict).toBe("vacuous");
  });

  it("must not be taken out before all of it is in the log", () => {
    const handled = (): Mirror => {
      const mirror = settled();
      mirror.add("east", {
        kind: "publish",
        stream: GRAIN,
        group: "",
        sequence: 2,
        key: "",
        deliveryId: "1",
        deliveryCount: 0,
        domain: "",
      });
      return mirror;
    };
    expect(judge(retiredGrainIsInTheLog, handled().row(2, {}).place(null, 1)).report.verdict).toBe("held");
    expect(judge(retiredGrainIsInTheLog, handled().row(1, {}).place(null, 1)).message).toMatch(
      /but sequence 2, which east had handled .*, is not in the log, which ends at 1\.$/,
    );
  });
});

describe("an application", () => {
  it("is served when nothing is wrong", () => {
    const mirror = settled(CALM).at(5);
    mirror.client("call", "write", "w", GRAIN, { field: "a", value: "w" });
    mirror.at(5.3).client("ok", "write", "w", GRAIN, { field: "a", value: "w" });
    expect(judge(applicationsAreServed, mirror).report.verdict).toBe("held");
    mirror.at(6).client("call", "write", "x", GRAIN, { field: "a", value: "x" });
    mirror.at(9).client("fail", "write", "x", GRAIN, { field: "a", value: "x" });
    expect(judge(applicationsAreServed, mirror).message).toMatch(/was answered with fail at 9\.000 s\.$/);
  });

  it("must not be refused to read what was written lately, nor by a replica that says it is none", () => {
    const lately = (): Mirror => {
      const mirror = settled(CALM);
      mirror.state("west", "consumer", `${GRAIN}@west`, "stopped", "running");
      return mirror.at(18.7).row(1, { a: 1 });
    };
    expect(judge(readsHaveCauses, lately().read("r", 20, "fail", { reason: "stale" })).message).toMatch(
      /was refused as stale/,
    );
    expect(
      judge(readsHaveCauses, lately().read("r", 30, "fail", { reason: "stale" })).report.verdict,
    ).not.toBe("violated");
    expect(
      judge(readsHaveCauses, lately().read("r", 20, "fail", { reason: "not-a-replica" })).message,
    ).toMatch(/for it is no replica, but it was not its primary/);
  });

  it("must not be shown what the log does not lead to", () => {
    const shown = (fields: object, sequence = 1): Mirror =>
      settled().row(1, { a: 1 }).read("r", 20, "ok", { sequence, fields });
    expect(judge(readsShowTheLog, shown({ a: 1 })).report.verdict).toBe("held");
    expect(judge(readsShowTheLog, shown({ a: 2 })).message).toMatch(
      /but the log leads to \{"a":1\} there\.$/,
    );
    expect(judge(readsShowTheLog, shown({ a: 1 }, 2)).message).toMatch(/which the log does not have\.$/);
  });
});

it("the log must not show less than it is to retain", () => {
  const cut = (at: number): Mirror => {
    const mirror = new Mirror({ knobs: { retain: 2 } }).row(1, {}).row(2, {}).row(3, {});
    mirror.durable("log", "replication-log", 9, { [`truncate/${GRAIN}`]: at });
    return mirror;
  };
  expect(judge(logRetains, cut(2)).report.verdict).toBe("held");
  expect(judge(logRetains, cut(3)).message).toMatch(/see 1 rows, from sequence 3: 2 are to be retained\.$/);
});
