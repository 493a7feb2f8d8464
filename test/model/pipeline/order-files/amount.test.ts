import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalPlaces, minorUnits } from "../../../../src/model/pipeline/order-files/amount.js";

const units = (decimal: string, currency: string) => {
  const amount = minorUnits(decimal, currency);
  return amount.ok ? amount.minorUnits : amount.expected;
};

describe("an amount", () => {
  it("is counted in the currency's smallest unit", () => {
    expect(units("42.00", "USD")).toBe(4200);
    expect(units("42.5", "usd")).toBe(4250);
    expect(units("42", "EUR")).toBe(4200);
    expect(units("4200", "JPY")).toBe(4200);
    expect(units("42.005", "KWD")).toBe(42005);
  });

  it("is exact where floating point is not", () => {
    expect(units("1.15", "USD")).toBe(115);
    expect(units("90071992547409.91", "USD")).toBe(9007199254740991);
    fc.assert(
      fc.property(fc.nat({ max: 2 ** 40 }), fc.nat({ max: 99 }), (whole, cents) => {
        expect(units(`${whole}.${String(cents).padStart(2, "0")}`, "USD")).toBe(whole * 100 + cents);
      }),
    );
  });

  it("may have zeroes beyond the currency's places, and no other digits", () => {
    expect(units("42.000", "USD")).toBe(4200);
    expect(units("4200.00", "JPY")).toBe(4200);
    expect(units("42.001", "USD")).toBe('at most 2 decimal places for USD, like "42.00"');
    expect(units("42.5", "JPY")).toBe('no decimal places for JPY, like "42"');
  });

  it("is refused when it is no plain decimal number or too large to be exact", () => {
    for (const text of [
      "",
      "forty",
      "-1.00",
      "1e3",
      "1,00",
      ".5",
      "5.",
      " 5",
      "Infinity",
      "٤٢",
      "9".repeat(41),
    ]) {
      expect(units(text, "USD")).toBe('a decimal amount like "42.00"');
    }
    expect(units("90071992547409.92", "USD")).toBe("an amount below 2^53 minor units");
  });

  it("has a currency of ISO 4217", () => {
    expect(decimalPlaces("XTS")).toBeUndefined();
    expect(decimalPlaces("clf")).toBeUndefined();
    expect([decimalPlaces("eur"), decimalPlaces("KRW"), decimalPlaces("BHD")]).toEqual([2, 0, 3]);
  });
});
