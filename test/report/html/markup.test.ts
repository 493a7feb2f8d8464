/** Markup and data that end up in a page can't break out of where they stand. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { escaped, html, scriptJson, verbatim } from "../../../src/report/html/markup.js";
import { plainJson } from "../../../src/report/html/plain.js";

describe("markup", () => {
  it("escapes whatever is put into a template", () => {
    expect(html`<p title="${`"x' <&`}">${"<script>"}</p>`.text).toBe(
      '<p title="&quot;x&#39; &lt;&amp;">&lt;script&gt;</p>',
    );
  });

  it("takes markup as it is, and lists of it", () => {
    const items = ["a", "<b>"].map((text) => html`<li>${text}</li>`);
    expect(html`<ul>${items}</ul>${verbatim("<hr>")}`.text).toBe("<ul><li>a</li><li>&lt;b&gt;</li></ul><hr>");
  });

  it("has no lone surrogates and no control characters in it", () => {
    expect(escaped("a\ud800b\u0000c\u0085d\te\nf")).toBe("a\ufffdb\ufffdc\ufffdd\te\nf");
  });

  it("never has a character that could end a text or an attribute", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        expect(escaped(text)).not.toMatch(/[<>"']/);
      }),
    );
  });
});

describe("data for scripts", () => {
  it("can't end the element in which it stands, whatever is in it", () => {
    const data = { "</script>": "<!-- \u2028\u2029 </script><script>", n: [1, null] };
    const { text } = scriptJson(data);
    expect(text).not.toMatch(/[<\u2028\u2029]/);
    expect(JSON.parse(text)).toEqual(data);
  });

  it("reads back as what it was", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        expect(JSON.stringify(JSON.parse(scriptJson(data).text))).toBe(JSON.stringify(data));
      }),
    );
  });
});

describe("values as plain JSON", () => {
  it("shows what JSON has no place for", () => {
    const value = {
      big: 12n,
      bytes: new Uint8Array([1, 255]),
      map: new Map([["k", 1]]),
      set: new Set([2]),
      none: undefined,
    };
    expect(plainJson(value, 1_000)).toBe('{"big":"12","bytes":"2 bytes 01ff","map":{"k":1},"set":[2]}');
  });

  it("ends where a value contains itself, and where it is wide", () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    expect(plainJson(circle, 1_000)).toContain("…");
    expect(
      plainJson(
        Array.from({ length: 1_000 }, (_, i) => i),
        1_000,
      ),
    ).toContain("984 more");
  });

  it("says how much it cut", () => {
    expect(plainJson("x".repeat(100), 10)).toBe(`"${"x".repeat(9)}… (92 more characters)`);
  });
});
