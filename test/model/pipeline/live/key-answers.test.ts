import { describe, expect, it } from "vitest";
import { keyAnswersHaveAState } from "../../../../src/model/pipeline/live/key-answers.js";
import { linIdempotency } from "../../../../src/model/pipeline/properties/linearizability/index.js";
import type { Json } from "../../../../src/sim/plan.js";
import { completed, HistoryBuilder, judge, reserved } from "../../../support/history-builder.js";

const STORE = "order-effects";
const KEY = "effect:1";

/** A key as its clients were answered, and as its states were committed. */
class Tale extends HistoryBuilder {
  #requests = 0;
  #index = 0;

  /** Asked and answered within a second. */
  asked(f: string, input: { readonly [key: string]: Json }, answer: { readonly [key: string]: Json }): this {
    this.#requests += 1;
    const id = `b#1:${this.#requests}`;
    this.client("call", `${STORE}/${f}`, id, KEY, { type: f, key: KEY, ...input });
    this.client("ok", `${STORE}/${f}`, id, KEY, { ok: true, ...answer });
    return this;
  }

  reserved(requestHash: string, state: string, more: { readonly [key: string]: Json } = {}): this {
    return this.asked("reserve", { owner: "b", requestHash }, { state, ...more });
  }

  committed(value: Json): this {
    this.#index += 1;
    this.applied("nats-a", STORE, this.#index, { [`key/${KEY}`]: value });
    return this;
  }
}

/** Reserved by `a` for the request `hash`, and completed. */
const done = (): Tale => new Tale().at(1).committed(reserved("a")).at(2).committed(completed("a", 7));

describe("key-answers-have-a-state", () => {
  it("holds where an answer follows from the state that the key has", () => {
    const tale = done().at(3).reserved("hash", "completed", { value: 7 });
    expect(judge(keyAnswersHaveAState, tale).report).toMatchObject({ verdict: "held", checked: 1 });
  });

  it("holds where an answer follows from a state that is over, which linearizability does not forgive", () => {
    const tale = new Tale().at(1);
    tale.reserved("hash", "new", { attempt: 1 }).committed(reserved("b"));
    tale.at(2).asked("complete", { owner: "b", attempt: 1, value: 7 }, { state: "done", count: 1 });
    tale.committed(completed("b", 7));
    tale.at(3).reserved("hash", "in-progress");
    expect(judge(linIdempotency, tale).report.verdict).toBe("violated");
    expect(judge(keyAnswersHaveAState, tale).report.verdict).toBe("held");
  });

  it("fires where an answer follows from no state, and says which ones there were", () => {
    const { report, message, evidence } = judge(
      keyAnswersHaveAState,
      done().at(3).reserved("other", "in-progress"),
    );
    expect(report.verdict).toBe("violated");
    expect(message).toBe(
      'shop was answered "reserve for b → in-progress" about key effect:1 at 3.000 s (asked at 3.000 s), which follows from no state ' +
        "that the key has had: it is free, it is reserved by attempt 1 of a, it is completed by attempt 1 of a.",
    );
    expect(evidence).toHaveLength(4);
  });

  it("fires where an answer follows from a state that is yet to come only", () => {
    const tale = new Tale().at(1).reserved("hash", "in-progress").at(2).committed(reserved("a"));
    expect(judge(keyAnswersHaveAState, tale).report.verdict).toBe("violated");
  });
});
