import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExactJson } from "../../../src/explore/formats/exact-json.js";

describe("JSON", () => {
  it("keeps every digit of whole numbers that no double keeps", () => {
    expect(parseExactJson('{"a": [9007199254740993, -12345678901234567890], "b": 9007199254740991}')).toEqual(
      {
        a: [9007199254740993n, -12345678901234567890n],
        b: 9007199254740991,
      },
    );
  });

  it("leaves texts alone, whatever they look like", () => {
    const data = {
      'a"9007199254740993': "9007199254740993",
      b: '\\"9007199254740993,',
      integer: "12345678901234567",
    };
    expect(parseExactJson(JSON.stringify(data))).toEqual(data);
  });

  it("is otherwise what JSON is", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.bigInt({ min: 2n ** 53n }), (value, large) => {
        fc.pre(!/\d{16}/.test(JSON.stringify(value)));
        const text = `[${JSON.stringify(value)},${large}]`;
        expect(parseExactJson(text)).toEqual([JSON.parse(JSON.stringify(value)), large]);
      }),
    );
    expect(() => parseExactJson('{"a": 9007199254740993')).toThrow(SyntaxError);
  });
});
