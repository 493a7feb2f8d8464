/** Who waits for what at actors, pools, channels and breakers, on histories made by hand: what is due is done, and errors are true. */
import { describe, expect, it } from "vitest";
import { leaveIsUsed } from "../../../src/model/actors/properties/breaker-use.js";
import { callErrorsAreTrue } from "../../../src/model/actors/properties/call-errors.js";
import { channelWaitsForCause } from "../../../src/model/actors/properties/channel-waits.js";
import { poolSizeInTime } from "../../../src/model/actors/properties/pool-size.js";
import { SECOND } from "../../../src/sim/time.js";
import { HistoryBuilder, judge } from "../../support/history-builder.js";

const HOST = "aws-w";

class Host extends HistoryBuilder {
  is(
    entity: string,
    name: string,
    to: string,
    detail: Readonly<Record<string, string | number>> = {},
    from = "",
  ): this {
    this.state(HOST, entity, name, from, to, detail);
    return this;
  }

  call(to: string): this {
    return this.is("actor-call", "baker/1!1", to, { actor: "baker/1", timeout: 4 * SECOND });
  }

  /** A pool of two actors, of which it would have three when more than one is busy, four seconds after its last change at the earliest. */
  pool(): this {
    const limits = { minSize: 1, maxSize: 3, scaleUpAbove: 0.5, scaleDownBelow: 0.1, cooldown: 4 * SECOND };
    const settings = { ...limits, idleTimeout: 20 * SECOND, supervisor: "s/1", detail: "full" };
    this.is("pool", "bakers/1", "2", settings, "none");
    for (const n of [1, 2])
      this.is("child", `s/1/${n}`, "running", { supervisor: "s/1", child: `${n}`, actor: `baker/${n}` });
    return this;
  }

  resized(from: number, to: number, why: string): this {
    return this.is("pool", "bakers/1", `${to}`, { why }, `${from}`);
  }

  lends(n: number, to = "lent"): this {
    return this.is("pool-lease", `bakers/1#${n}`, to, { pool: "bakers/1", actor: `baker/${n}`, holder: "" });
  }

  channel(): this {
    return this.is("channel", "oven", "open", { capacity: 1, sendTimeout: 4 * SECOND, maxDeliveries: 3 });
  }

  message(kind: "publish" | "deliver" | "nack" | "term", sequence: number): this {
    const group = kind === "deliver" ? "r" : "";
    this.add(HOST, {
      kind,
      stream: "oven",
      group,
      sequence,
      key: `${sequence}`,
      deliveryId: "",
      deliveryCount: 1,
      domain: "",
    });
    return this;
  }

  sender(name: string, to: string): this {
    return this.is("channel-sender", name, to, { channel: "oven" });
  }
}

const messageOf = (property: Parameters<typeof judge>[0], host: Host) => judge(property, host).message;

describe("the error of a call", () => {
  const dies = (host: Host) => host.at(3).is("actor", "baker/1", "ended", {}, "running");

  it("is `crashed` for the call that the actor was at, and `dead` for one that it had not come to", () => {
    const crashed = dies(new Host().call("sent").call("handling")).call("crashed");
    expect(judge(callErrorsAreTrue, crashed).report).toMatchObject({ verdict: "held", checked: 1 });
    expect(judge(callErrorsAreTrue, dies(new Host().call("sent")).call("dead")).report.verdict).toBe("held");
  });

  it("must not be `crashed` for one that it had not come to, nor `dead` for the one that it was at", () => {
    expect(messageOf(callErrorsAreTrue, dies(new Host().call("sent")).call("crashed"))).toBe(
      "A call of baker/1 failed as crashed at 3.000 s, though the actor had not come to it.",
    );
    expect(messageOf(callErrorsAreTrue, dies(new Host().call("sent").call("handling")).call("dead"))).toBe(
      "A call of baker/1 failed as dead at 3.000 s, though the actor was at it since 0.000 s.",
    );
  });

  it("must not be either where the actor lives, nor `timed-out` before its time", () => {
    expect(messageOf(callErrorsAreTrue, new Host().call("sent").call("dead"))).toMatch(/had not ended\.$/);
    expect(messageOf(callErrorsAreTrue, new Host().call("sent").call("handling").call("crashed"))).toMatch(
      /did not end then\.$/,
    );
    expect(messageOf(callErrorsAreTrue, new Host().call("sent").at(1).call("timed-out"))).toMatch(
      /long before its time was over\.$/,
    );
    expect(judge(callErrorsAreTrue, new Host().call("sent").at(4).call("timed-out")).report.verdict).toBe(
      "held",
    );
  });
});

describe("the size of a pool", () => {
  it("is changed when its cooldown is over", () => {
    const pool = new Host().pool().resized(1, 2, "load").at(1).lends(1).lends(2);
    expect(judge(poolSizeInTime, pool.at(4).resized(2, 3, "load").at(30)).report.verdict).toBe("held");
  });

  it("must not wait for somebody to ask for an actor", () => {
    const pool = new Host().pool().resized(1, 2, "load").at(1).lends(1).lends(2);
    expect(messageOf(poolSizeInTime, pool.at(10).resized(2, 3, "load"))).toBe(
      "bakers/1, with 2 actors, 2 of them lent, and 0 waited for, should grow since 4.000 s, and at 10.000 s has not.",
    );
  });

  it("must not stay when nobody needs its actors", () => {
    expect(messageOf(poolSizeInTime, new Host().pool())).toMatch(
      /should shrink since 4\.000 s, and at .+ has not\.$/,
    );
  });

  it("may be changed late where its host stands still", () => {
    const pool = new Host().pool().resized(1, 2, "load").at(1).lends(1).lends(2);
    pool.at(2).add(HOST, { kind: "host", phase: "pause", incarnation: 1 });
    pool.at(9).add(HOST, { kind: "host", phase: "resume", incarnation: 1 });
    expect(judge(poolSizeInTime, pool.resized(2, 3, "load")).report.verdict).toBe("held");
  });
});

describe("who waits at a channel", () => {
  it("is served when there is room, in order", () => {
    const channel = new Host().channel().message("publish", 1).sender("a", "waiting").sender("b", "waiting");
    const served = channel.at(2).message("term", 1).sender("a", "served").message("publish", 2);
    expect(judge(channelWaitsForCause, served.at(4).sender("b", "timed-out")).report.verdict).toBe("held");
  });

  it("must not wait while there is room, nor be turned away before its time, nor be overtaken", () => {
    const channel = () =>
      new Host().channel().message("publish", 1).sender("a", "waiting").sender("b", "waiting");
    expect(
      messageOf(channelWaitsForCause, channel().at(2).message("term", 1).at(3).sender("a", "served")),
    ).toBe("a waits since 0.000 s, though at 2.000 s oven had room for 1 message.");
    expect(messageOf(channelWaitsForCause, channel().at(1).sender("a", "timed-out"))).toMatch(
      /was turned away at 1\.000 s, long before its time was over\.$/,
    );
    expect(messageOf(channelWaitsForCause, channel().at(1).sender("b", "served"))).toMatch(
      /was served at 1\.000 s before a\.$/,
    );
    expect(messageOf(channelWaitsForCause, channel())).toMatch(
      /a waits since 0\.000 s, and at 60\.000 s has no answer yet\.$/,
    );
  });

  it("must not wait for a message that is there", () => {
    const channel = new Host()
      .channel()
      .is("channel-receiver", "r", "waiting", { channel: "oven" })
      .message("publish", 1);
    expect(messageOf(channelWaitsForCause, channel.at(1).message("deliver", 1))).toBe(
      "r waits at oven since 0.000 s, though at 0.000 s a message was there for it.",
    );
    const handed = new Host().channel().is("channel-receiver", "r", "waiting", { channel: "oven" });
    expect(
      judge(channelWaitsForCause, handed.message("publish", 1).message("deliver", 1)).violations,
    ).toEqual([]);
  });
});

describe("leave of a breaker", () => {
  const used = leaveIsUsed(new Map([["mill", "mill"]]));
  const leave = () => new Host().is("breaker-call", "mill/1", "admitted", { breaker: "mill" });

  it("is used at once", () => {
    const calls = leave();
    calls.external(HOST, "attempt", "mill", "cut", "job-1:cut");
    expect(judge(used, calls).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("must not be taken and left unused", () => {
    expect(messageOf(used, leave())).toBe("mill let a call through at 0.000 s, and nobody made it.");
    const late = leave().at(1);
    late.external(HOST, "attempt", "mill", "cut", "job-1:cut");
    expect(messageOf(used, late)).toBe("mill let a call through at 0.000 s, and nobody made it.");
  });
});
