/** Tries of requests and their answers: one for all copies of a try, and none carried out of which it is not known whether it was before. */
import { expect, it } from "vitest";
import { Answers, Tries } from "../../../src/model/orders/tries.js";
import { onHost } from "../actors/on-host.js";

it("gives each copy of a try the answer to the first", async () => {
  await onHost(async (host) => {
    const tries = new Tries(host);
    const answers = new Answers<string>(host, "unknown");
    const first = tries.next("mug");
    const second = tries.next("mug");
    expect(await answers.to("customer-1", first, () => "refused")).toBe("refused");
    expect(await answers.to("customer-1", first, () => "accepted")).toBe("refused");
    expect(await answers.to("customer-1", second, () => "accepted")).toBe("accepted");
    expect(await answers.to("customer-2", first, (body) => `${body} accepted`)).toBe("mug accepted");
  });
});

it("has a copy wait for the answer that is still being found", async () => {
  await onHost(async (host) => {
    const answers = new Answers<string>(host, "unknown");
    const asked = new Tries(host).next(null);
    let carriedOut = 0;
    const carryOut = async () => {
      await host.sleep(1_000);
      return `carried out ${++carriedOut} times`;
    };
    const both = [answers.to("customer-1", asked, carryOut), answers.to("customer-1", asked, carryOut)];
    expect(await Promise.all(both)).toEqual(["carried out 1 times", "carried out 1 times"]);
  });
});

it("does not carry out what is older than the answers that it has kept, or of an earlier life", async () => {
  await onHost(async (host) => {
    const answers = new Answers<number | "unknown">(host, "unknown");
    const ask = (life: number, number: number) =>
      answers.to("gateway-1", { life, number, body: number }, (body) => body);
    for (let number = 2; number <= 1_002; number++) ask(1, number);
    expect(await ask(1, 2)).toBe("unknown");
    expect(await ask(1, 1)).toBe("unknown");
    expect(await ask(1, 3)).toBe(3);
    expect(await ask(2, 1)).toBe(1);
    expect(await ask(1, 1_003)).toBe("unknown");
    expect(await ask(1, 3)).toBe("unknown");
  });
});
