import { describe, expect, it } from "vitest";
import { replicaCatchesUp, replicaLagIsBounded } from "../../../src/model/mirror/properties/catching-up.js";
import {
  failedReadKeepsCursor,
  nothingAppliedAfterShutdown,
  pollsArePaced,
} from "../../../src/model/mirror/properties/consumers.js";
import {
  directoryEpochsIncrease,
  logEpochsAreExclusive,
} from "../../../src/model/mirror/properties/epochs.js";
import { freshMeansFresh } from "../../../src/model/mirror/properties/freshness.js";
import { handledStateReachesTheLog } from "../../../src/model/mirror/properties/handled.js";
import {
  noDeltaAsSnapshot,
  replicaEqualsLog,
  replicaHasWhatItsCursorPassed,
  replicaNeverGoesBack,
} from "../../../src/model/mirror/properties/replica.js";
import type { HostSpec, Json, Plan } from "../../../src/sim/plan.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const G = "cart/ada";
type Fields = { readonly [key: string]: Json };

const cluster = (id: string): HostSpec => ({ id, domain: { provider: "aws", region: id }, role: "cluster" });

/** What happens to the mirror, a line for a fact. */
class Tale extends HistoryBuilder {
  #txns = 0;

  constructor(parts: Partial<Plan> = {}) {
    super({
      topology: [cluster("east"), cluster("west")],
      ...parts,
      knobs: {
        pollInterval: SECOND / 2,
        batchLimit: 5,
        readTimeout: SECOND,
        maxAge: 2 * SECOND,
        skewBound: SECOND / 2,
        ...parts.knobs,
      },
    });
  }

  row(sequence: number, fields: Fields, parts: Fields = {}): number {
    const payload = JSON.stringify(fields);
    const usual = { epoch: 1, source: "east", timestamp: 0, type: "full-state", after: 0, payload };
    return this.durable("log", "replication-log", ++this.#txns, {
      [`row/${G}/${sequence}`]: { ...usual, ...parts },
    });
  }

  delta(sequence: number, after: number, set: Fields): number {
    return this.row(sequence, set, { type: "delta", after });
  }

  strange(sequence: number): number {
    return this.row(sequence, {}, { type: "snapshot.v2", payload: "?", source: "operator" });
  }

  shows(sequence: number, fields: Fields, host = "west"): number {
    return this.durable(host, `replica@${host}`, ++this.#txns, { [G]: { sequence, fields } });
  }

  opened(outcome: "kept" | "discarded", sequence?: number, host = "west"): number {
    const replica = sequence === undefined ? {} : { [G]: { sequence, fields: {} } };
    return this.durable(host, `replica@${host}`, ++this.#txns, { opened: outcome, ...replica });
  }

  poll(before: number, after: number, outcome = "applied", host = "west"): number {
    return this.state(host, "poll", `${G}@${host}`, "reading", outcome, {
      before,
      after,
      read: after - before,
    });
  }

  consumer(to: "running" | "stopped", host = "west"): number {
    return this.state(host, "consumer", `${G}@${host}`, to === "running" ? "stopped" : "running", to);
  }

  grain(to: "primary" | "replica", epoch: number, host = "east"): number {
    const from = to === "primary" ? "replica" : "primary";
    return this.state(host, "grain", `${G}@${host}`, from, to, { epoch, sequence: 0 });
  }

  crash(host: string): number {
    return this.add(host, { kind: "host", phase: "crash", incarnation: 1 });
  }

  handled(sequence: number, epoch = 1, host = "east"): number {
    return this.add(host, {
      kind: "publish",
      stream: G,
      group: "",
      sequence,
      key: `${G}/${sequence}`,
      deliveryId: String(epoch),
      deliveryCount: 0,
      domain: "",
    });
  }

  write(phase: "call" | "ok" | "info", value: string, field = "a"): number {
    return this.client(phase, "write", value, G, { field, value });
  }

  placed(cluster: string | null, epoch: number): number {
    return this.durable("directory", "directory", ++this.#txns + 1, { [`grain/${G}`]: { cluster, epoch } });
  }

  freshRead(sequence: number): number {
    return this.state("west", "replica-read", `${G}@west`, "asked", "fresh", { sequence });
  }
}

describe("R1, replicas never go back", () => {
  it("holds while sequences ascend, and across a boot that kept everything", () => {
    const tale = new Tale();
    tale.shows(3, {});
    tale.shows(5, {});
    tale.opened("kept", 5);
    tale.shows(6, {});
    expect(judge(replicaNeverGoesBack, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when an older state is put over a newer one", () => {
    const tale = new Tale();
    const newer = tale.at(1).shows(5, {});
    const older = tale.at(2).shows(3, {});
    const { message, evidence } = judge(replicaNeverGoesBack, tale);
    expect(message).toBe(
      "The replica of cart/ada on west went back from sequence 5 (at 1.000 s) to 3 at 2.000 s.",
    );
    expect(evidence).toEqual([newer, older]);
  });

  it("fires when a boot finds less than was shown", () => {
    const tale = new Tale();
    tale.shows(5, {});
    tale.opened("kept");
    expect(judge(replicaNeverGoesBack, tale).report.verdict).toBe("violated");
  });

  it("is not excused by damage that has yet to be done", () => {
    const tale = new Tale();
    tale.shows(5, {});
    const fault = { kind: "fault", fault: "f", faultKind: "misdirected-write", target: "west" } as const;
    tale.add("world", { ...fault, phase: "start" });
    tale.opened("kept", 4);
    expect(judge(replicaNeverGoesBack, tale).report.verdict).toBe("violated");
  });

  it("begins anew when the store was thrown away, or its medium was damaged", () => {
    const discarded = new Tale();
    discarded.shows(5, {});
    discarded.opened("discarded");
    discarded.shows(1, {});
    expect(judge(replicaNeverGoesBack, discarded).violations).toEqual([]);
    const damaged = new Tale();
    damaged.shows(5, {});
    damaged.add("world", { kind: "fault", phase: "fired", fault: "f", faultKind: "bit-rot", target: "west" });
    damaged.opened("kept", 4);
    expect(judge(replicaNeverGoesBack, damaged).violations).toEqual([]);
  });
});

describe("R2, replicas show what the log leads to", () => {
  it("holds for complete states and for folded changes, past rows that nobody can decode", () => {
    const tale = new Tale();
    tale.row(1, { a: "1" });
    tale.delta(2, 1, { b: "2" });
    tale.strange(3);
    tale.delta(4, 2, { a: "4" });
    tale.shows(1, { a: "1" });
    tale.shows(4, { a: "4", b: "2" });
    expect(judge(replicaEqualsLog, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires on another state, on a sequence that the log hasn't, and on a row that can't be decoded", () => {
    for (const [sequence, told] of [
      [1, /but the log leads to \{"a":"1"\} there/],
      [2, /at which the log has nothing that can be decoded/],
      [3, /at which the log has no row/],
    ] as const) {
      const tale = new Tale();
      tale.row(1, { a: "1" });
      tale.strange(2);
      tale.shows(sequence, { a: "9" });
      expect(judge(replicaEqualsLog, tale).message).toMatch(told);
    }
  });
});

describe("R3, deltas are no snapshots", () => {
  const tale = (shown: Fields, knobs: Plan["knobs"] = {}) => {
    const told = new Tale({ knobs });
    told.row(1, { a: "1" });
    told.delta(2, 1, { b: "2" });
    told.shows(2, shown);
    return told;
  };

  it("holds when a delta was folded", () => {
    expect(judge(noDeltaAsSnapshot, tale({ a: "1", b: "2" })).report).toMatchObject({
      verdict: "held",
      checked: 1,
    });
  });

  it("fires when it stands as the whole state", () => {
    expect(judge(noDeltaAsSnapshot, tale({ b: "2" })).message).toMatch(
      /applied the delta .* as if it were the whole state/,
    );
  });

  it("fires on any delta where none is replayed", () => {
    expect(judge(noDeltaAsSnapshot, tale({ a: "1", b: "2" }, { deltaReplay: false })).message).toMatch(
      /does not replay deltas/,
    );
  });
});

describe("R4, no complete state is passed", () => {
  it("holds when the replica has what the cursor passed, or something newer", () => {
    const tale = new Tale();
    tale.row(1, { a: "1" });
    tale.delta(2, 1, { a: "2" });
    tale.shows(1, { a: "1" });
    tale.poll(0, 2);
    expect(judge(replicaHasWhatItsCursorPassed, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when a batch was thrown away", () => {
    const tale = new Tale();
    const passed = tale.at(1).row(3, { a: "3" });
    const poll = tale.at(2).poll(0, 4, "refused");
    const { message, evidence } = judge(replicaHasWhatItsCursorPassed, tale);
    expect(message).toBe(
      "The consumer of cart/ada moved its cursor to 4 at 2.000 s on west, past the complete state at sequence 3 (in the log since at 1.000 s), but its replica is at 0.",
    );
    expect(evidence).toEqual([passed, poll]);
  });
});

describe("the pace of polls", () => {
  it.each([
    [20, 0, 0],
    [40, 20, 0],
    [40, 0, 1],
  ])("%i reads in five seconds, %i of them full: %i complaints", (asked, full, complaints) => {
    const tale = new Tale();
    tale.state("west", "consumer", `${G}@west`, "stopped", "running", { asked: 0, full: 0 });
    tale.at(5).state("west", "poll", `${G}@west`, "reading", "passed", { before: 0, after: 0, asked, full });
    expect(judge(pollsArePaced, tale).violations).toHaveLength(complaints);
  });
});

describe("R5, replicas catch up once all is quiet", () => {
  const backlog = () => {
    const tale = new Tale();
    tale.grain("primary", 1);
    for (let i = 1; i <= 12; i++) tale.at(10 + i).row(i, { a: String(i) });
    return tale;
  };

  it("holds when the newest state is there within the polls that the backlog takes", () => {
    const tale = backlog().at(41) as Tale;
    tale.poll(0, 5);
    tale.poll(5, 10);
    tale.shows(12, { a: "12" });
    tale.poll(10, 12);
    expect(judge(replicaCatchesUp, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when it never comes", () => {
    expect(judge(replicaCatchesUp, backlog()).message).toMatch(
      /the replica of cart\/ada on west was at sequence 0/,
    );
  });

  it("fires when it takes more polls than that", () => {
    const tale = backlog().at(41) as Tale;
    for (let i = 0; i < 12; i++) tale.poll(i, i + 1);
    tale.shows(12, { a: "12" });
    expect(judge(replicaCatchesUp, tale).message).toMatch(/had 12 rows to read in 4 polls/);
  });

  it("asks nothing of the primary", () => {
    const tale = backlog();
    tale.shows(12, { a: "12" });
    expect(judge(replicaCatchesUp, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("asks for complete states only where deltas are not replayed", () => {
    const waiting = (knobs: Plan["knobs"]) => {
      const tale = new Tale({ knobs });
      tale.grain("primary", 1);
      tale.row(1, { a: "1" });
      tale.delta(2, 1, { a: "2" });
      tale.shows(1, { a: "1" });
      return judge(replicaCatchesUp, tale).report.verdict;
    };
    expect(waiting({ deltaReplay: false })).toBe("held");
    expect(waiting({ deltaReplay: true })).toBe("violated");
  });
});

describe("R6, the lag is bounded", () => {
  const tale = (shownAt: number) => {
    const told = new Tale();
    told.grain("primary", 1);
    for (let i = 1; i <= 30; i++) told.at(10 + i / 2).row(i, { a: String(i) });
    told.at(shownAt).shows(30, { a: "30" });
    return told;
  };

  it("holds when a backlog is gone soon after the heal, however long it was", () => {
    expect(judge(replicaLagIsBounded, tale(42)).report).toMatchObject({ verdict: "held", checked: 30 });
  });

  it("fires when it takes an interval for each batch", () => {
    expect(judge(replicaLagIsBounded, tale(48)).message).toBe(
      "cart/ada@west should have had sequence 1, in the log since at 10.500 s, by 44.000 s, and had it only at 48.000 s: it never had a consumer, and it has read nothing.",
    );
  });

  it("waits for links that are not well yet, as failed reads tell", () => {
    const told = tale(42);
    const late = new Tale();
    late.grain("primary", 1);
    late.at(10).row(1, { a: "1" });
    late.at(46).poll(0, 0, "failed");
    late.at(47).shows(1, { a: "1" });
    expect(judge(replicaLagIsBounded, told).violations).toEqual([]);
    expect(judge(replicaLagIsBounded, late).violations).toEqual([]);
  });
});

describe("R7, failed reads move nothing", () => {
  it("holds when they don't", () => {
    const tale = new Tale();
    tale.poll(0, 5);
    tale.poll(5, 5, "failed");
    tale.poll(5, 7);
    expect(judge(failedReadKeepsCursor, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when one does, or when a cursor moved without a read", () => {
    const failed = new Tale();
    failed.at(3).poll(5, 10, "failed");
    expect(judge(failedReadKeepsCursor, failed).message).toBe(
      "A read of cart/ada@west failed at 3.000 s, and its cursor moved from 5 to 10.",
    );
    const jumped = new Tale();
    jumped.poll(0, 5);
    jumped.poll(8, 9);
    expect(judge(failedReadKeepsCursor, jumped).message).toMatch(/stood at 5 .* and at 8 before the poll/);
  });

  it("lets a new consumer begin where it likes", () => {
    const tale = new Tale();
    tale.poll(0, 5);
    tale.consumer("running");
    tale.poll(3, 5);
    expect(judge(failedReadKeepsCursor, tale).violations).toEqual([]);
  });
});

describe("R8, nothing is applied after the shutdown", () => {
  it("holds when a consumer stops, and when another one begins or the host restarts", () => {
    const tale = new Tale();
    tale.consumer("running");
    tale.shows(1, {});
    tale.consumer("stopped");
    tale.consumer("running");
    tale.shows(2, {});
    tale.consumer("stopped");
    tale.crash("west");
    tale.shows(3, {});
    expect(judge(nothingAppliedAfterShutdown, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when something is", () => {
    const tale = new Tale();
    const stop = tale.at(1).consumer("stopped");
    const late = tale.at(2).shows(2, {});
    const { message, evidence } = judge(nothingAppliedAfterShutdown, tale);
    expect(message).toBe(
      "The consumer cart/ada@west saw its shutdown at 1.000 s, and sequence 2 was applied at 2.000 s on west.",
    );
    expect(evidence).toEqual([stop, late]);
  });
});

describe("R9, one primary at a time in the log", () => {
  it("holds while epochs ascend, and when a log that restarts tells its rows again", () => {
    const tale = new Tale();
    tale.row(1, { a: "1" });
    tale.row(2, { a: "2" }, { epoch: 2, source: "west" });
    tale.row(1, { a: "1" });
    expect(judge(logEpochsAreExclusive, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires when an old primary writes after a new one", () => {
    const tale = new Tale();
    const newer = tale.at(1).row(1, { a: "1" }, { epoch: 2, source: "west" });
    const old = tale.at(2).row(2, { a: "2" });
    const { message, evidence } = judge(logEpochsAreExclusive, tale);
    expect(message).toBe(
      "east wrote sequence 2 of cart/ada under epoch 1 at 2.000 s, after west had written sequence 1 under epoch 2 at 1.000 s.",
    );
    expect(evidence).toEqual([newer, old]);
  });

  it("fires when two clusters write under one epoch, but not at an operator's row", () => {
    const tale = new Tale();
    tale.row(1, { a: "1" });
    tale.strange(2);
    expect(judge(logEpochsAreExclusive, tale).violations).toEqual([]);
    tale.row(3, { a: "3" }, { source: "west" });
    expect(judge(logEpochsAreExclusive, tale).message).toMatch(
      /^Both east .* and west .* wrote cart\/ada under epoch 1/,
    );
  });
});

describe("R10, what is called fresh is fresh", () => {
  const readAt = (at: number, sequence: number, parts: Partial<Plan> = {}) => {
    const tale = new Tale(parts);
    tale.at(1).row(1, { a: "1" });
    tale.at(5).row(2, { a: "2" });
    tale.at(at).freshRead(sequence);
    return judge(freshMeansFresh, tale);
  };

  it("holds for the newest state however old it is, and for one that was overtaken just now", () => {
    expect(readAt(30, 2).report).toMatchObject({ verdict: "held", checked: 1 });
    expect(readAt(7.5, 1).report.verdict).toBe("held");
  });

  it("fires past `maxAge` and the bound on skew", () => {
    expect(readAt(7.6, 1).message).toBe(
      "The replica of cart/ada showed sequence 1 as fresh at 7.600 s on west, but sequence 2 was in the log since at 5.000 s: 2.600 s stale, at most 2.500 s is allowed.",
    );
  });

  it("allows for clocks that drift", () => {
    const slow = { id: "f", kind: "clock-drift", at: 0, for: SECOND, target: "west", ppm: -100_000 } as const;
    expect(readAt(7.6, 1, { faults: [slow] }).violations).toEqual([]);
  });
});

describe("R11, what was handled is not lost", () => {
  it("holds when everything handled and acknowledged is in the log", () => {
    const tale = new Tale();
    tale.write("call", "w1");
    tale.handled(1);
    tale.row(1, { a: "w1" });
    tale.at(1).write("ok", "w1");
    tale.at(2).write("call", "w2");
    tale.handled(2);
    tale.row(2, { a: "w2" });
    expect(judge(handledStateReachesTheLog, tale).report.verdict).toBe("held");
  });

  it("fires when the last handled state of a living primary never reaches the log", () => {
    const tale = new Tale();
    tale.at(5).handled(1);
    expect(judge(handledStateReachesTheLog, tale).message).toBe(
      "east, primary of cart/ada under epoch 1, handled sequence 1 at 5.000 s, lived on, and by 60.000 s neither that nor anything newer of it was in the log.",
    );
  });

  it("asks nothing of a primary that crashed or was replaced", () => {
    const crashed = new Tale();
    crashed.handled(1);
    crashed.crash("east");
    const replaced = new Tale();
    replaced.handled(1);
    replaced.grain("replica", 1);
    expect(
      [judge(handledStateReachesTheLog, crashed), judge(handledStateReachesTheLog, replaced)].flatMap(
        ({ violations }) => violations,
      ),
    ).toEqual([]);
  });

  it("fires when a promoted cluster begins without an acknowledged write", () => {
    const tale = new Tale();
    const call = tale.at(1).write("call", "w1");
    tale.row(1, { a: "w1" });
    const ok = tale.at(2).write("ok", "w1");
    const row = tale.at(3).row(2, {}, { epoch: 2, source: "west" });
    const { message, evidence } = judge(handledStateReachesTheLog, tale);
    expect(message).toBe(
      "The write w1 to a of cart/ada was acknowledged at 2.000 s, but the state at sequence 2, which west wrote at 3.000 s under epoch 2, has nothing there.",
    );
    expect(evidence).toEqual([call, ok, row]);
  });

  it("fires on an older write in its place, and not on one that may have come later", () => {
    const tale = (secondCall: number) => {
      const told = new Tale();
      told.at(1).write("call", "old");
      told.row(1, { a: "old" });
      if (secondCall > 2) told.at(2).write("ok", "old");
      told.at(secondCall).write("call", "new");
      told.at(4).row(2, { a: "new" });
      told.write("ok", "new");
      told.at(5).row(3, { a: "old" });
      return judge(handledStateReachesTheLog, told);
    };
    expect(tale(3).message).toMatch(/has the older old there/);
    expect(tale(1).violations).toEqual([]);
  });
});

describe("R12, epochs in the directory ascend", () => {
  it("holds across a grain's absence", () => {
    const tale = new Tale();
    tale.placed("east", 1);
    tale.placed("west", 2);
    tale.placed(null, 2);
    tale.placed("east", 3);
    expect(judge(directoryEpochsIncrease, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fires when an epoch comes again, even for the same cluster", () => {
    const tale = new Tale();
    const first = tale.at(1).placed("east", 1);
    tale.at(2).placed(null, 0);
    const again = tale.at(3).placed("east", 1);
    const { message, evidence } = judge(directoryEpochsIncrease, tale);
    expect(message).toBe(
      "cart/ada was registered for east with epoch 1 at 3.000 s, after east had it with epoch 1 at 1.000 s.",
    );
    expect(evidence).toEqual([first, again]);
  });

  it("lets a directory that restarts tell again what stands in it", () => {
    const tale = new Tale();
    tale.placed("east", 1);
    tale.placed("west", 2);
    tale.durable("directory", "directory", 1, { [`grain/${G}`]: { cluster: "west", epoch: 2 } });
    expect(judge(directoryEpochsIncrease, tale).violations).toEqual([]);
  });
});
