import { describe, expect, it } from "vitest";
import { observationsAreSigned } from "../../../../src/model/pipeline/properties/observations.js";
import { group, HistoryBuilder, judge } from "../../../support/history-builder.js";

describe("G12, observations tell and decide nothing", () => {
  let index = 0;
  const told = (tale: HistoryBuilder, sequence: number, health = "lost"): number =>
    tale.state("gcp-a", "observation", "gcp-a/aws", "unknown", health, { sequence });
  const committed = (tale: HistoryBuilder, sequence: number, health = "lost"): number =>
    tale.applied("aws-a", "order-observations", ++index, { "observation/gcp-a/aws": { sequence, health } });

  it("holds when observations are told first and their sequence increases", () => {
    const tale = new HistoryBuilder();
    told(tale, 1);
    committed(tale, 1);
    told(tale, 3, "healthy");
    committed(tale, 3, "healthy");
    expect(judge(observationsAreSigned, tale).report).toMatchObject({ verdict: "held", checked: 2 });
  });

  it("fires on an observation that its signer never made", () => {
    const tale = new HistoryBuilder();
    tale.state("operator", "observation", "gcp-a/aws", "unknown", "lost", { sequence: 9 });
    const event = committed(tale.at(3), 9);
    const { message, evidence } = judge(observationsAreSigned, tale);
    expect(message).toBe(
      "Observation 9 of gcp-a on aws (lost) was committed at 3.000 s on aws-a, but gcp-a never made it.",
    );
    expect(evidence).toEqual([event]);
  });

  it("fires on an observation that was replayed", () => {
    const tale = new HistoryBuilder();
    told(tale, 2);
    const first = committed(tale.at(1), 2);
    const again = committed(tale.at(2), 2);
    const { message, evidence } = judge(observationsAreSigned, tale);
    expect(message).toBe(
      "Observation 2 of gcp-a on aws was committed at 2.000 s on aws-a, after observation 2 at 1.000 s.",
    );
    expect(evidence).toEqual([first, again]);
  });

  it("fires when a placement is widened, and not when it is narrowed", () => {
    const tale = new HistoryBuilder();
    const wide = tale.at(1).applied("aws-a", "orders", 1, { "group/checkout-workers": group("aws", "gcp") });
    tale.at(2).applied("aws-a", "orders", 2, { "group/checkout-workers": group("aws/east") });
    expect(judge(observationsAreSigned, tale).report.verdict).toBe("held");
    const wider = tale
      .at(3)
      .applied("aws-a", "orders", 3, { "group/checkout-workers": group("aws/east", "gcp") });
    const { message, evidence } = judge(observationsAreSigned, tale);
    expect(message).toBe(
      "The placement of checkout-workers was widened by gcp at 3.000 s on aws-a: since 2.000 s it allowed aws/east.",
    );
    expect(evidence).toEqual([wide + 1, wider]);
  });
});
