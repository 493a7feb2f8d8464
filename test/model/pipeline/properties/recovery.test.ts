/** What the pipeline owes once all is well, on histories made by hand: each holds, and each fires. */
import { describe, expect, it } from "vitest";
import {
  auditIsDone,
  recordsAreDoneAtOnce,
  requestsGetAnswers,
  webhooksAreAnsweredAtOnce,
} from "../../../../src/model/pipeline/properties/owed.js";
import {
  agreedHealthFollows,
  leaseIsTakenUp,
  observersAreHeard,
  upkeepFollowsTheCursor,
} from "../../../../src/model/pipeline/properties/recovery.js";
import {
  membersAreWhatTheyShouldBe,
  replicasCatchUp,
  votesComeBack,
} from "../../../../src/model/replication/properties/recovery.js";
import type { HostSpec } from "../../../../src/sim/plan.js";
import { SECOND } from "../../../../src/sim/time.js";
import { delivery, HistoryBuilder, judge, record } from "../../../support/history-builder.js";

const host = (id: string, provider: string, role: string): HostSpec => ({
  id,
  domain: { provider, region: "east" },
  role,
});
const TOPOLOGY = [
  host("aws-a", "aws", "replica"),
  host("gcp-a", "gcp", "replica"),
  host("aws-w", "aws", "worker"),
  host("keeper", "aws", "maintenance"),
  host("auditor", "aws", "auditor"),
];
const KNOBS = { leaseTtl: 3 * SECOND, maintenanceInterval: 5 * SECOND, observeInterval: 3 * SECOND };

/** Each of its lines is applied by the replica in aws, as the next index of its group. */
class Course extends HistoryBuilder {
  readonly #indexes = new Map<string, number>();

  constructor(parts: ConstructorParameters<typeof HistoryBuilder>[0] = {}) {
    super({ topology: TOPOLOGY, knobs: KNOBS, healAt: 20 * SECOND, ...parts });
  }

  commits(group: string, writes: Parameters<HistoryBuilder["applied"]>[3], replica = "aws-a"): this {
    const index = (this.#indexes.get(group) ?? 0) + 1;
    this.#indexes.set(group, index);
    this.applied(replica, group, index, writes);
    return this;
  }

  held(at: number, epoch = 1): this {
    const value = { holder: "keeper#1", epoch, state: "held" };
    return this.at(at).commits("order-leaders", { "lease/maintenance": value });
  }

  saw(signer: string, domain: string, health: string, event?: object): this {
    const own = { [`observation/${signer}/${domain}`]: { sequence: 1, health } };
    return this.commits(
      "order-observations",
      event === undefined ? own : { ...own, "event/1": { ...event } },
    );
  }
}

const verdict = (...args: Parameters<typeof judge>): string => judge(...args).report.verdict;

describe("the lease", () => {
  it("is held in the end", () => {
    expect(verdict(leaseIsTakenUp, new Course().held(5).held(55))).toBe("held");
  });

  it("must not lie about", () => {
    expect(judge(leaseIsTakenUp, new Course().held(5)).message).toMatch(
      /^The maintenance lease was granted or renewed last at 5\.000 s, and at 60\.000 s nobody had taken it up/,
    );
  });
});

describe("upkeep", () => {
  const kept = (saved: number, trimmed: number): Course => {
    const course = new Course().held(25).at(30).commits("orders", { "cursor/g": 4 });
    course.at(33).commits("order-checkpoints", { "pointer/orders": { version: 1, cursor: saved } });
    return course.at(34).commits("orders", { trimmed });
  };

  it("comes up to the cursor", () => {
    expect(verdict(upkeepFollowsTheCursor, kept(4, 4))).toBe("held");
  });

  it("must not stay behind, nor go past it", () => {
    expect(judge(upkeepFollowsTheCursor, kept(2, 3)).message).toMatch(
      /the cursor was at 4 by .*, but at 60\.000 s the checkpoint is at 2 and records are trimmed up to 3\.$/,
    );
    expect(judge(upkeepFollowsTheCursor, kept(4, 5)).message).toMatch(
      /when the cursor had only come to 4\.$/,
    );
  });
});

describe("observers", () => {
  const all = (): Course => new Course().at(30).saw("aws-a", "gcp", "healthy").saw("gcp-a", "aws", "healthy");

  it("are heard", () => {
    expect(verdict(observersAreHeard, all())).toBe("held");
  });

  it("must not be silent, nor stay with what is no more", () => {
    expect(judge(observersAreHeard, new Course().at(30).saw("aws-a", "gcp", "healthy")).message).toMatch(
      /^gcp-a was never heard on aws/,
    );
    expect(judge(observersAreHeard, all().saw("gcp-a", "aws", "lost")).message).toMatch(
      /^gcp-a said last .* that lost is aws/,
    );
  });

  it("agree by the majority, and each change is an event", () => {
    const event = { domain: "gcp", health: "lost" };
    expect(verdict(agreedHealthFollows, new Course().saw("aws-a", "gcp", "lost", event))).toBe("held");
    expect(judge(agreedHealthFollows, new Course().saw("aws-a", "gcp", "lost")).message).toMatch(
      /the resource event of it is missing\.$/,
    );
    const wrong = new Course().saw("aws-a", "gcp", "healthy", event);
    expect(judge(agreedHealthFollows, wrong).message).toMatch(/the resource event of it is gcp lost\.$/);
  });
});

describe("a webhook", () => {
  it("is answered at once when nothing is wrong", () => {
    const course = new Course().at(45);
    course.client("call", "accept", "a/1", "a");
    course.at(45.4).client("ok", "accept", "a/1", "a", { offset: 0 });
    expect(verdict(webhooksAreAnsweredAtOnce, course)).toBe("held");
  });

  it("may be told to ask again while the same is on its way", () => {
    const course = new Course().at(45);
    course.client("call", "accept", "a/1", "a");
    course.client("call", "accept", "b/1", "a");
    course.at(46).client("info", "accept", "a/1", "a", { reason: "retry" });
    expect(verdict(webhooksAreAnsweredAtOnce, course)).toBe("vacuous");
  });

  it("must not be sent again then", () => {
    const course = new Course().at(45);
    course.client("call", "accept", "a/1", "a");
    course.at(46).client("info", "accept", "a/1", "a", { reason: "retry" });
    expect(judge(webhooksAreAnsweredAtOnce, course).message).toMatch(
      /got no definite answer at its first attempt\.$/,
    );
  });
});

describe("a record", () => {
  const committed = (): Course =>
    new Course()
      .at(40)
      .commits("orders", { "group/g": { placement: ["aws"] } })
      .commits("orders", { "record/0": record("a") })
      .commits("orders", { "delivery/g/0": delivery(0, 1, "aws-w") });

  it("is done at once when nothing is wrong", () => {
    expect(
      verdict(
        recordsAreDoneAtOnce,
        committed()
          .at(41)
          .commits("orders", { "ack/g/0": { deliveryId: "g/0/1" } }),
      ),
    ).toBe("held");
  });

  it("must not need a second delivery then, nor wait", () => {
    const again = committed().commits("orders", { "delivery/g/0": delivery(0, 2, "aws-w") });
    again.at(42).commits("orders", { "ack/g/0": { deliveryId: "g/0/2" } });
    expect(judge(recordsAreDoneAtOnce, again).message).toMatch(
      /was acked at 42\.000 s, by delivery number 2\.$/,
    );
    expect(judge(recordsAreDoneAtOnce, committed()).message).toMatch(/is not acked at 60\.000 s\.$/);
  });
});

describe("a request", () => {
  it("gets a definite answer once all is well", () => {
    const course = new Course().at(40);
    course.client("call", "orders/trim", "k:1", "");
    course.client("ok", "orders/trim", "k:1", "");
    expect(verdict(requestsGetAnswers, course)).toBe("held");
    course.client("call", "orders/trim", "k:2", "");
    course.client("info", "orders/trim", "k:2", "", { reason: "no-answer" });
    expect(judge(requestsGetAnswers, course).message).toMatch(/it got only "no-answer"\.$/);
    const open = new Course().at(40);
    open.client("call", "orders/trim", "k:3", "");
    expect(judge(requestsGetAnswers, open).message).toMatch(/had no answer by 60\.000 s\.$/);
  });
});

describe("the audit", () => {
  it("reads back what was accepted, and restores the checkpoint", () => {
    const course = new Course().at(10);
    course.accepted("a", 0);
    const stored = (provider: string, operation: string, phase: "attempt" | "applied") =>
      course.external(
        "keeper",
        phase,
        `objects-${provider}`,
        operation,
        operation === "put" ? "aa" : "rot:1",
      );
    for (const provider of ["aws", "gcp"]) stored(provider, "put", "applied");
    course.commits("order-checkpoints", {
      "pointer/orders": { version: 1, sha256: "aa", objectCopies: ["aws", "gcp"] },
    });
    course.at(45).client("ok", "read", "r", "orders/0");
    expect(judge(auditIsDone, course).message).toMatch(/the auditor had restored none\.$/);
    stored("aws", "rot", "attempt");
    expect(judge(auditIsDone, course).message).toMatch(/the auditor had restored none\.$/);
    course.client("ok", "restore", "s", "orders");
    expect(verdict(auditIsDone, course)).toBe("held");
    course.at(11).accepted("b", 1);
    expect(judge(auditIsDone, course).message).toMatch(
      /^b was accepted at offset 1 .* had not read it back\.$/,
    );
  });

  it("can't restore what every store gives back damaged", () => {
    const course = new Course().at(10);
    course.external("keeper", "applied", "objects-aws", "put", "aa");
    course.commits("order-checkpoints", {
      "pointer/orders": { version: 1, sha256: "aa", objectCopies: ["aws"] },
    });
    course.external("operator", "attempt", "objects-aws", "rot", "rot:1");
    expect(verdict(auditIsDone, course)).not.toBe("violated");
  });
});

describe("a group", () => {
  it("has every member come to what the others have", () => {
    const course = new Course().at(30).commits("orders", { "record/0": record("a") });
    expect(judge(replicasCatchUp, course).message).toMatch(/gcp-a had only come to 0\.$/);
    course.applied("gcp-a", "orders", 1, { "record/0": record("a") });
    expect(verdict(replicasCatchUp, course)).toBe("held");
  });

  const roles = (aws: string, gcp: string): Course => {
    const course = new Course().at(30);
    course.state("aws-a", "raft", "orders@aws-a", "follower", aws);
    course.state("gcp-a", "raft", "orders@gcp-a", "follower", gcp);
    return course;
  };

  it("has one leader, and members that are what they should be", () => {
    expect(verdict(membersAreWhatTheyShouldBe, roles("leader", "follower"))).toBe("held");
    expect(judge(membersAreWhatTheyShouldBe, roles("follower", "follower")).message).toMatch(
      /the leaders of orders are nothing\.$/,
    );
    expect(judge(membersAreWhatTheyShouldBe, roles("leader", "learner")).message).toMatch(
      /gcp-a, a voter, is learner\.$/,
    );
    const changed = roles("leader", "follower");
    changed.state("aws-a", "membership", "orders", "1", "2", {
      voters: ["aws-a"],
      learners: ["gcp-a"],
      witnesses: [],
    });
    expect(judge(membersAreWhatTheyShouldBe, changed).message).toMatch(/gcp-a, a learner, is follower\.$/);
  });

  it("gives those their votes back that were taken in again", () => {
    const course = new Course({ duration: 60 * SECOND });
    const members = (
      at: number,
      generation: number,
      voters: readonly string[],
      learners: readonly string[],
    ) =>
      course.at(at).state("aws-a", "membership", "orders", String(generation - 1), String(generation), {
        voters,
        learners,
        witnesses: [],
      });
    members(10, 2, ["aws-a"], ["gcp-a"]);
    expect(judge(votesComeBack, course).message).toBe(
      "gcp-a had a vote in orders and was taken in again at 10.000 s, and at 60.000 s, with all well, it has none yet.",
    );
    members(12, 3, ["aws-a", "gcp-a"], []);
    expect(verdict(votesComeBack, course)).toBe("held");
    members(14, 4, ["aws-a"], ["gcp-a"]);
    members(16, 5, ["aws-a"], []);
    expect(verdict(votesComeBack, course)).toBe("held");
  });
});
