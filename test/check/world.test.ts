import { describe, expect, it } from "vitest";
import {
  causesPrecede,
  faultsEnd,
  hostsUp,
  ledgerConsistent,
  oneOutcome,
  timeMovesOn,
} from "../../src/check/world.js";
import type { FaultFact, HostFact } from "../../src/sim/history.js";
import { HistoryBuilder, judge } from "../support/history-builder.js";

describe("the ledger of outside services", () => {
  it("holds when repeats are answered from what was applied, and errors from nothing", () => {
    const tale = new HistoryBuilder();
    tale.external("aws-w", "attempt", "payments", "capture", "t");
    tale.external("external/payments", "applied", "payments", "capture", "t");
    tale.external("aws-w", "reply", "payments", "capture", "t");
    tale.external("aws-w", "attempt", "payments", "capture", "u");
    tale.external("aws-w", "reply", "payments", "capture", "u", { error: "service unavailable" });
    tale.external("aws-w", "attempt", "objects-aws", "get", "hash");
    tale.external("aws-w", "reply", "objects-aws", "get", "hash", "content");
    expect(judge(ledgerConsistent, tale).report).toMatchObject({ verdict: "held", checked: 4 });
  });

  it("fires on a success that was never applied", () => {
    const tale = new HistoryBuilder();
    tale.external("aws-w", "attempt", "payments", "capture", "t");
    tale.external("external/payments", "applied", "payments", "capture", "t");
    const attempt = tale.external("aws-w", "attempt", "payments", "capture", "u");
    const reply = tale.at(2).external("aws-w", "reply", "payments", "capture", "u");
    const { message, evidence } = judge(ledgerConsistent, tale);
    expect(message).toBe(
      "payments answered capture for token u with success at 2.000 s on aws-w, but never applied it.",
    );
    expect(evidence).toEqual([attempt, reply]);
  });

  it("fires on what nobody had attempted", () => {
    const tale = new HistoryBuilder();
    const applied = tale.at(1).external("external/payments", "applied", "payments", "capture", "t");
    expect(judge(ledgerConsistent, tale)).toMatchObject({
      message: "payments applied capture for token t at 1.000 s, which nobody had attempted.",
      evidence: [applied],
    });
    const answered = new HistoryBuilder();
    answered.at(1).external("aws-w", "reply", "payments", "capture", "t");
    expect(judge(ledgerConsistent, answered).message).toBe(
      "aws-w got a reply from payments to capture for token t at 1.000 s, which nobody had attempted.",
    );
  });
});

describe("time and causes", () => {
  it("hold when both go forward", () => {
    const tale = new HistoryBuilder();
    const first = tale.at(1).add("aws-a", { kind: "goal", goal: "x" });
    tale.at(1).add("aws-a", { kind: "goal", goal: "y" }, first);
    expect(judge(timeMovesOn, tale).report).toMatchObject({ verdict: "held", checked: 1 });
    expect(judge(causesPrecede, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fire when time goes back", () => {
    const tale = new HistoryBuilder();
    tale.at(2).add("aws-a", { kind: "goal", goal: "x" });
    tale.at(1).add("gcp-a", { kind: "goal", goal: "y" });
    expect(judge(timeMovesOn, tale)).toMatchObject({
      message: "Time went back from 2.000 s (goal on aws-a) to 1.000 s (goal on gcp-a).",
      evidence: [0, 1],
    });
  });

  it("fire when an event names a cause that comes after it", () => {
    const tale = new HistoryBuilder();
    tale.at(1).add("aws-a", { kind: "goal", goal: "x" }, 0);
    expect(judge(causesPrecede, tale)).toMatchObject({
      message: "Event 0 (goal at 1.000 s on aws-a) names event 0 as its cause, which had not happened.",
      evidence: [0],
    });
  });
});

describe("the end of the storm", () => {
  const crash = { id: "f1", kind: "crash", target: "aws-a", at: 1_000_000, for: 2_000_000 } as const;
  const fault = (tale: HistoryBuilder, phase: FaultFact["phase"]): number =>
    tale.add("world", { kind: "fault", phase, fault: "f1", faultKind: "crash", target: "aws-a" });
  const host = (tale: HistoryBuilder, phase: HostFact["phase"]): number =>
    tale.add("aws-a", { kind: "host", phase, incarnation: 1 });

  it("holds when faults ended and hosts are up", () => {
    const tale = new HistoryBuilder({ faults: [crash] });
    host(tale, "boot");
    fault(tale.at(1), "start");
    host(tale, "crash");
    host(tale.at(40), "boot");
    fault(tale, "end");
    expect(judge(faultsEnd, tale).report).toMatchObject({ verdict: "held", checked: 2 });
    expect(judge(hostsUp, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("fires on a fault that never ends, or ends too late", () => {
    const tale = new HistoryBuilder({ faults: [crash] });
    fault(tale.at(1), "start");
    expect(judge(faultsEnd, tale).message).toBe(
      "Fault f1 (crash of aws-a) began at 1.000 s and never ended.",
    );
    fault(tale.at(41), "end");
    expect(judge(faultsEnd, tale).message).toBe(
      "Fault f1 (crash of aws-a) ended at 41.000 s, in the quiet period that began at 40.000 s.",
    );
  });

  it("does not wait for the end of what does its work at once", () => {
    const jump = { id: "f1", kind: "clock-jump", target: "aws-a", at: 1_000_000, by: 5 } as const;
    const tale = new HistoryBuilder({ faults: [jump] });
    fault(tale.at(1), "start");
    expect(judge(faultsEnd, tale).report.verdict).toBe("held");
  });

  it("fires on a host that is down or paused when all should be well", () => {
    const tale = new HistoryBuilder();
    const crashed = host(tale.at(5), "crash");
    const late = host(tale.at(41), "boot");
    expect(judge(hostsUp, tale)).toMatchObject({
      message:
        "When everything should be well, at 40.000 s, these hosts were not up: aws-a (crash at 5.000 s).",
      evidence: [crashed],
    });
    expect(late).toBe(1);
  });

  it("fires on a crash in the quiet period", () => {
    const tale = new HistoryBuilder();
    host(tale.at(45), "crash");
    expect(judge(hostsUp, tale).message).toBe("aws-a had a crash at 45.000 s, in the quiet period.");
  });
});

describe("clients' requests", () => {
  it("hold with one outcome or none", () => {
    const tale = new HistoryBuilder();
    tale.client("call", "accept", "r1", "k");
    tale.client("info", "accept", "r1", "k");
    tale.client("call", "accept", "r2", "k");
    expect(judge(oneOutcome, tale).report).toMatchObject({ verdict: "held", checked: 3 });
  });

  it("fire on a second outcome, a second call and an outcome without a call", () => {
    const twice = new HistoryBuilder();
    twice.client("call", "accept", "r1", "k");
    twice.at(1).client("info", "accept", "r1", "k");
    twice.at(2).client("ok", "accept", "r1", "k");
    expect(judge(oneOutcome, twice)).toMatchObject({
      message: "Request r1 ended twice: as info at 1.000 s and as ok at 2.000 s.",
      evidence: [0, 1, 2],
    });
    const again = new HistoryBuilder();
    again.client("call", "accept", "r1", "k");
    again.at(2).client("call", "accept", "r1", "k");
    expect(judge(oneOutcome, again).message).toBe(
      "Request r1 was called twice: at 0.000 s on shop and at 2.000 s on shop.",
    );
    const stray = new HistoryBuilder();
    stray.at(2).client("ok", "accept", "r1", "k");
    expect(judge(oneOutcome, stray).message).toBe(
      "Request r1 ended as ok at 2.000 s on shop without a call.",
    );
  });
});
