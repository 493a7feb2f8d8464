import { describe, expect, it } from "vitest";
import { Copies } from "../../../src/model/resources/copies.js";

const asked = (sequence: number, answeredBelow = 1, client = "c") => ({ client, sequence, answeredBelow });

describe("copies of requests", () => {
  it("are what comes with the same attempt again, or with an older one", () => {
    const copies = new Copies();
    expect(copies.isCopy(asked(1), 1)).toBe(false);
    expect(copies.isCopy(asked(1), 1)).toBe(true);
    expect(copies.isCopy(asked(1), 3)).toBe(false); // the second one went to somebody else
    expect(copies.isCopy(asked(1), 2)).toBe(true);
    expect(copies.isCopy(asked(2), 1)).toBe(false);
    expect(copies.isCopy(asked(1, 1, "other"), 1)).toBe(false);
  });

  it("are told of requests that are answered long since, though what was known of those is forgotten", () => {
    const copies = new Copies();
    for (let sequence = 1; sequence <= 3; sequence++) copies.isCopy(asked(sequence), 1);
    expect(copies.isCopy(asked(4, 3), 1)).toBe(false);
    expect(copies.isCopy(asked(2), 1)).toBe(true);
    expect(copies.isCopy(asked(2), 2)).toBe(true);
    expect(copies.isCopy(asked(3), 1)).toBe(true);
    expect(copies.isCopy(asked(3, 3), 2)).toBe(false);
  });

  it("are told of what comes late for the first time, if somebody still waits for it", () => {
    const copies = new Copies();
    expect(copies.isCopy(asked(7, 5), 1)).toBe(false);
    expect(copies.isCopy(asked(6, 5), 1)).toBe(false);
    expect(copies.isCopy(asked(4, 4), 1)).toBe(true);
  });
});
