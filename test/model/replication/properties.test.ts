import { describe, expect, it } from "vitest";
import {
  electionSafety,
  termMonotone,
  voteOnce,
} from "../../../src/model/replication/properties/elections.js";
import { commitHeld } from "../../../src/model/replication/properties/holding.js";
import {
  commitMonotone,
  leaderCompleteness,
  logMatching,
} from "../../../src/model/replication/properties/log.js";
import { stateMachineSafety } from "../../../src/model/replication/properties/machine.js";
import { oneChangeAtATime } from "../../../src/model/replication/properties/members.js";
import { HistoryBuilder, judge, record } from "../../support/history-builder.js";

function role(
  tale: HistoryBuilder,
  host: string,
  to: string,
  term: number,
  last: readonly [index: number, term: number] = [0, 0],
): number {
  const [lastIndex, lastTerm] = last;
  return tale.state(host, "raft", `orders@${host}`, "follower", to, { term, lastIndex, lastTerm, commit: 0 });
}
const vote = (tale: HistoryBuilder, host: string, term: number, candidate: string | null): number =>
  tale.durable(host, `vote/orders@${host}`, term, { vote: candidate });
const commit = (tale: HistoryBuilder, host: string, from: number, to: number, term: number): number =>
  tale.state(host, "commit", `orders@${host}`, String(from), String(to), { term });

/** Entries as a member's log has them: pairs of term and digest from an index on. */
function log(
  tale: HistoryBuilder,
  host: string,
  from: number,
  ...entries: readonly (readonly [number, number])[]
): number {
  const writes = entries.map(([term, digest], i) => [String(from + i), { term, digest }] as const);
  return tale.durable(host, `raft/orders@${host}`, from + entries.length - 1, Object.fromEntries(writes));
}

describe("election safety", () => {
  it("holds with one leader a term", () => {
    const tale = new HistoryBuilder();
    role(tale, "aws-a", "leader", 1);
    role(tale, "gcp-a", "leader", 2);
    expect(judge(electionSafety, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires on a second leader in a term, and on the same one twice", () => {
    const tale = new HistoryBuilder();
    const first = role(tale.at(1), "aws-a", "leader", 3);
    const second = role(tale.at(2), "gcp-a", "leader", 3);
    const { message, evidence } = judge(electionSafety, tale);
    expect(message).toBe(
      "aws-a and gcp-a both became leader of orders in term 3: at 1.000 s and at 2.000 s.",
    );
    expect(evidence).toEqual([first, second]);

    const twice = new HistoryBuilder();
    role(twice.at(1), "aws-a", "leader", 3);
    role(twice.at(2), "aws-a", "leader", 3);
    expect(judge(electionSafety, twice).message).toBe(
      "aws-a became leader twice of orders in term 3: at 1.000 s and at 2.000 s.",
    );
  });
});

describe("votes", () => {
  it("hold when a member repeats its vote or waits before it gives one", () => {
    const tale = new HistoryBuilder();
    vote(tale, "aws-a", 2, null);
    vote(tale, "aws-a", 2, "gcp-a");
    vote(tale, "aws-a", 2, "gcp-a");
    vote(tale, "aws-a", 3, "azure-a");
    expect(judge(voteOnce, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fire when a member votes for two in one term", () => {
    const tale = new HistoryBuilder();
    const first = vote(tale.at(1), "aws-a", 2, "gcp-a");
    const second = vote(tale.at(3), "aws-a", 2, "azure-a");
    const { message, evidence } = judge(voteOnce, tale);
    expect(message).toBe(
      "aws-a voted for gcp-a at 1.000 s and for azure-a at 3.000 s, both in term 2 of orders.",
    );
    expect(evidence).toEqual([first, second]);
  });

  it("start anew with a member that lost its disk", () => {
    const tale = new HistoryBuilder();
    vote(tale, "aws-a", 2, "gcp-a");
    role(tale, "aws-a", "recovering", 0);
    vote(tale, "aws-a", 2, "azure-a");
    expect(judge(voteOnce, tale).report.verdict).toBe("held");
  });
});

describe("terms", () => {
  it("hold when they go up, and start anew with a member that lost its disk", () => {
    const tale = new HistoryBuilder();
    role(tale, "aws-a", "follower", 4);
    vote(tale, "aws-a", 5, "gcp-a");
    role(tale, "aws-a", "recovering", 0);
    role(tale, "aws-a", "learner", 3);
    expect(judge(termMonotone, tale).report.verdict).toBe("held");
  });

  it("hold when a crash takes a term that was not durable yet", () => {
    const tale = new HistoryBuilder();
    vote(tale, "aws-a", 2, "aws-a");
    role(tale, "aws-a", "candidate", 4);
    vote(tale, "aws-a", 3, "aws-a");
    tale.add("aws-a", { kind: "host", phase: "boot", incarnation: 2 });
    role(tale, "aws-a", "follower", 3);
    expect(judge(termMonotone, tale).report.verdict).toBe("held");
  });

  it("fire when a restart takes a term that the member led in", () => {
    const tale = new HistoryBuilder();
    role(tale.at(1), "aws-a", "leader", 4);
    tale.at(2).add("aws-a", { kind: "host", phase: "boot", incarnation: 2 });
    role(tale.at(2), "aws-a", "follower", 3);
    expect(judge(termMonotone, tale).message).toBe(
      "The term of orders@aws-a went back from 4 at 1.000 s to 3 at 2.000 s on aws-a.",
    );
  });

  it("fire when a member goes back", () => {
    const tale = new HistoryBuilder();
    const high = vote(tale.at(1), "aws-a", 5, "gcp-a");
    const low = tale.at(2).state("aws-a", "raft", "orders@aws-a", "recovering", "follower", { term: 4 });
    const { message, evidence } = judge(termMonotone, tale);
    expect(message).toBe("The term of orders@aws-a went back from 5 at 1.000 s to 4 at 2.000 s on aws-a.");
    expect(evidence).toEqual([high, low]);
  });
});

describe("log matching", () => {
  it("holds when logs agree, and where one was cut and written anew", () => {
    const tale = new HistoryBuilder();
    log(tale, "aws-a", 1, [1, 11], [1, 12]);
    log(tale, "gcp-a", 1, [1, 11]);
    log(tale, "gcp-a", 2, [2, 22]);
    tale.durable("aws-a", "raft/orders@aws-a", 2, { truncate: 2, "2": { term: 2, digest: 22 } });
    expect(judge(logMatching, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires on two contents of one entry", () => {
    const tale = new HistoryBuilder();
    const one = log(tale.at(1), "aws-a", 1, [1, 11]);
    const other = log(tale.at(2), "gcp-a", 1, [1, 12]);
    const { message, evidence } = judge(logMatching, tale);
    expect(message).toBe(
      "There are two contents of entry 1 of term 1 in orders: 11 at 1.000 s on aws-a and 12 at 2.000 s on gcp-a.",
    );
    expect(evidence).toEqual([one, other]);
  });

  it("fires when what stands before an entry differs", () => {
    const tale = new HistoryBuilder();
    log(tale.at(1), "aws-a", 1, [1, 11], [3, 30]);
    log(tale.at(2), "gcp-a", 1, [2, 21], [3, 30]);
    expect(judge(logMatching, tale).message).toBe(
      "Before entry 2 of term 3 in orders stands an entry of term 1 at 1.000 s on aws-a but one of term 2 at 2.000 s on gcp-a.",
    );
  });

  it("does not know what a snapshot covers, but what it ends with", () => {
    const tale = new HistoryBuilder();
    log(tale, "aws-a", 1, [1, 11], [1, 12], [2, 23]);
    tale.durable("gcp-a", "orders@gcp-a", 2, { snapshot: { index: 2, term: 1, digest: 7 } });
    log(tale, "gcp-a", 3, [2, 23]);
    expect(judge(logMatching, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });
});

describe("leader completeness", () => {
  it("holds when later leaders have what was committed", () => {
    const tale = new HistoryBuilder();
    log(tale, "gcp-a", 1, [1, 11], [1, 12]);
    commit(tale, "aws-a", 0, 2, 1);
    role(tale, "gcp-a", "leader", 2, [2, 1]);
    expect(judge(leaderCompleteness, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires when a later leader's log is too short", () => {
    const tale = new HistoryBuilder();
    const committed = commit(tale.at(1), "aws-a", 0, 7, 3);
    const elected = role(tale.at(2), "gcp-a", "leader", 4, [6, 3]);
    const { message, evidence } = judge(leaderCompleteness, tale);
    expect(message).toBe(
      "gcp-a became leader of orders in term 4 at 2.000 s with a log that ends at 6 of term 3, but entry 7 of term 3 was committed at 1.000 s on aws-a.",
    );
    expect(evidence).toEqual([committed, elected]);
  });

  it("fires when a later leader has another entry in its place", () => {
    const tale = new HistoryBuilder();
    log(tale, "gcp-a", 1, [1, 11], [2, 22], [4, 43]);
    commit(tale.at(1), "aws-a", 0, 2, 3);
    role(tale.at(2), "gcp-a", "leader", 5, [3, 4]);
    expect(judge(leaderCompleteness, tale).message).toBe(
      "gcp-a became leader of orders in term 5 at 2.000 s with an entry 2 of term 2, but entry 2 of term 3 was committed at 1.000 s on aws-a.",
    );
  });

  it("fires when an older leader learns of its commit after the election", () => {
    const tale = new HistoryBuilder();
    const elected = role(tale.at(1), "gcp-a", "leader", 4, [6, 3]);
    const committed = commit(tale.at(2), "aws-a", 6, 7, 3);
    expect(judge(leaderCompleteness, tale).evidence).toEqual([elected, committed]);
  });
});

describe("commit indexes", () => {
  it("hold when they go up, and when an old leader lags behind", () => {
    const tale = new HistoryBuilder();
    commit(tale, "aws-a", 0, 3, 1);
    commit(tale, "gcp-a", 2, 8, 2);
    commit(tale, "aws-a", 3, 5, 1);
    expect(judge(commitMonotone, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fire when a leader goes back, or a later leader stays below", () => {
    const tale = new HistoryBuilder();
    const high = commit(tale.at(1), "aws-a", 0, 8, 1);
    const low = commit(tale.at(2), "gcp-a", 0, 8, 2);
    const { message, evidence } = judge(commitMonotone, tale);
    expect(message).toBe(
      "gcp-a committed up to 8 of orders in term 2 at 2.000 s, though 8 was committed in term 1 at 1.000 s.",
    );
    expect(evidence).toEqual([high, low]);

    const same = new HistoryBuilder();
    commit(same.at(1), "aws-a", 0, 8, 1);
    commit(same.at(2), "aws-a", 8, 6, 1);
    expect(judge(commitMonotone, same).message).toBe(
      "aws-a committed up to 8 of orders at 1.000 s and then up to 6 at 2.000 s, in the same term 1.",
    );
  });
});

describe("what is committed", () => {
  /** Three voters with a log each. */
  function three(): HistoryBuilder {
    const tale = new HistoryBuilder();
    for (const host of ["aws-a", "gcp-a", "azure-a"]) role(tale, host, "follower", 1);
    return tale;
  }
  const comesBack = (
    tale: HistoryBuilder,
    host: string,
    last: readonly [index: number, term: number],
  ): number => {
    tale.add(host, { kind: "host", phase: "boot", incarnation: 2 });
    return role(tale, host, "follower", last[1], last);
  };

  it("is held when a majority has it on disk, whether or not that survives in every place", () => {
    const tale = three();
    log(tale, "aws-a", 1, [1, 10], [1, 11]);
    log(tale, "gcp-a", 1, [1, 10], [1, 11]);
    commit(tale, "aws-a", 0, 2, 1);
    comesBack(tale, "azure-a", [0, 0]);
    comesBack(tale, "gcp-a", [2, 1]);
    expect(judge(commitHeld, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("is not when it was counted before it was on disk", () => {
    const tale = three();
    log(tale, "aws-a", 1, [1, 10]);
    const committed = commit(tale.at(2), "aws-a", 0, 1, 1);
    const { message, evidence } = judge(commitHeld, tale);
    expect(message).toBe(
      "Entry 1 of term 1 in orders was committed at 2.000 s on aws-a, but gcp-a and azure-a don't have it on their disks at 2.000 s on aws-a: they are a majority and could elect a leader without it.",
    );
    expect(evidence).toEqual([committed]);
  });

  it("is not when a member comes back without what it had, and so a majority is without it", () => {
    const tale = three();
    log(tale, "aws-a", 1, [1, 10], [1, 11]);
    log(tale, "gcp-a", 1, [1, 10], [1, 11]);
    const committed = commit(tale, "aws-a", 0, 2, 1);
    const back = comesBack(tale.at(3), "gcp-a", [1, 1]);
    expect(judge(commitHeld, tale).evidence).toEqual([committed, back]);
  });

  it("is held when a member that lost its disk says so", () => {
    const tale = three();
    log(tale, "aws-a", 1, [1, 10]);
    log(tale, "gcp-a", 1, [1, 10]);
    commit(tale, "aws-a", 0, 1, 1);
    tale.add("gcp-a", { kind: "host", phase: "boot", incarnation: 2 });
    role(tale, "gcp-a", "recovering", 0);
    expect(judge(commitHeld, tale).report.verdict).toBe("held");
  });

  it("is held in a snapshot too", () => {
    const tale = three();
    log(tale, "aws-a", 1, [1, 10]);
    tale.durable("gcp-a", "orders@gcp-a", 3, { snapshot: { index: 3, term: 1, digest: 7 } });
    commit(tale, "aws-a", 0, 1, 1);
    expect(judge(commitHeld, tale).report.verdict).toBe("held");
  });

  it("is judged by the voters that there are by then, whoever tells of older ones again", () => {
    const tale = three();
    const members = { voters: ["aws-a"], learners: ["gcp-a", "azure-a"], witnesses: [] };
    const before = { voters: ["aws-a", "gcp-a", "azure-a"], learners: [], witnesses: [] };
    tale.state("aws-a", "membership", "orders", "2", "3", members);
    tale.state("aws-a", "membership", "orders", "1", "2", before);
    log(tale, "aws-a", 1, [1, 10]);
    commit(tale, "aws-a", 0, 1, 1);
    expect(judge(commitHeld, tale).report.verdict).toBe("held");
  });
});

describe("changes of members", () => {
  const change = (tale: HistoryBuilder, generation: number, index: number): number =>
    tale.state("aws-a", "membership", "orders", String(generation - 1), String(generation), {
      index,
      term: 1,
      voters: ["aws-a"],
      learners: [],
      witnesses: [],
    });

  it("hold when each is in the log after the one before was committed, also when they are told again", () => {
    const tale = new HistoryBuilder();
    log(tale, "aws-a", 1, [1, 10]);
    commit(tale, "aws-a", 0, 1, 1);
    change(tale, 2, 1);
    log(tale, "aws-a", 2, [1, 11]);
    commit(tale, "aws-a", 1, 2, 1);
    change(tale, 3, 2);
    change(tale, 2, 1);
    change(tale, 3, 2);
    expect(judge(oneChangeAtATime, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fire when two are under way", () => {
    const tale = new HistoryBuilder();
    log(tale.at(1), "aws-a", 1, [1, 10]);
    const second = log(tale.at(2), "aws-a", 2, [1, 11]);
    const committed = commit(tale.at(3), "aws-a", 0, 2, 1);
    change(tale, 2, 1);
    const told = change(tale, 3, 2);
    const { message, evidence } = judge(oneChangeAtATime, tale);
    expect(message).toBe(
      "The change of orders to generation 3 was in the log at 2.000 s on aws-a, before the one to generation 2 was committed at 3.000 s on aws-a.",
    );
    expect(evidence).toEqual([second, committed, told]);
  });
});

describe("state-machine safety", () => {
  const apply = (tale: HistoryBuilder, replica: string, index: number, key: string): number =>
    tale.applied(replica, "orders", index, { [`record/${index}`]: record(key) });
  const boot = (tale: HistoryBuilder, host: string, incarnation: number): number =>
    tale.add(host, { kind: "host", phase: "boot", incarnation });

  it("holds through replays and snapshots", () => {
    const tale = new HistoryBuilder();
    for (const index of [1, 2, 5]) apply(tale, "aws-a", index, `order-${index}`);
    apply(tale, "gcp-a", 1, "order-1");
    boot(tale, "gcp-a", 2);
    for (const index of [1, 2, 5]) apply(tale, "gcp-a", index, `order-${index}`);
    tale.durable("azure-a", "orders@azure-a", 3, { snapshot: { index: 3, term: 1, digest: 7 } });
    apply(tale, "azure-a", 5, "order-5");
    expect(judge(stateMachineSafety, tale).report).toMatchObject({ verdict: "held", checked: 8 });
  });

  it("fires when replicas apply different things at an index", () => {
    const tale = new HistoryBuilder();
    const one = apply(tale.at(1), "aws-a", 4, "order-1");
    const other = apply(tale.at(2), "gcp-a", 4, "order-2");
    const { message, evidence } = judge(stateMachineSafety, tale);
    expect(message).toBe(
      "Replicas of orders applied different commands at index 4: one wrote record/4 (order-1) at 1.000 s on aws-a, another wrote record/4 (order-2) at 2.000 s on gcp-a.",
    );
    expect(evidence).toEqual([one, other]);
  });

  it("fires when a replica leaves an index out", () => {
    const tale = new HistoryBuilder();
    apply(tale.at(1), "aws-a", 1, "order-1");
    const skipped = apply(tale.at(1), "aws-a", 2, "order-2");
    apply(tale.at(1), "aws-a", 3, "order-3");
    apply(tale.at(2), "gcp-a", 1, "order-1");
    const next = apply(tale.at(3), "gcp-a", 3, "order-3");
    const { message, evidence } = judge(stateMachineSafety, tale);
    expect(message).toBe(
      "gcp-a left out index 2 of orders, which was applied at 1.000 s on aws-a: it went on with index 3 at 3.000 s on gcp-a.",
    );
    expect(evidence).toEqual([skipped, next]);
  });

  it("fires when a replica applies what nobody else had", () => {
    const tale = new HistoryBuilder();
    apply(tale.at(1), "aws-a", 4, "order-4");
    apply(tale.at(2), "gcp-a", 3, "order-3");
    expect(judge(stateMachineSafety, tale).message).toBe(
      "gcp-a applied a command at index 3 of orders at 2.000 s on gcp-a that nobody else had, when others were at index 4 already (at 1.000 s on aws-a).",
    );
  });

  it("fires when two snapshots of an index differ", () => {
    const tale = new HistoryBuilder();
    const install = (replica: string, digest: number): number =>
      tale.durable(replica, `orders@${replica}`, 3, { snapshot: { index: 3, term: 1, digest } });
    install("aws-a", 7);
    install("witness", 0);
    install("gcp-a", 8);
    expect(judge(stateMachineSafety, tale).message).toBe(
      "The snapshots of orders at index 3 differ: 7 at 0.000 s on aws-a and 8 at 0.000 s on gcp-a.",
    );
  });
});
