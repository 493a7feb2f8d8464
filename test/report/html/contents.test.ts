/** The table of contents of a page: its sections, and within them what has a name of its own. */
import { expect, it } from "vitest";
import { html } from "../../../src/report/html/markup.js";
import { contents, section } from "../../../src/report/html/parts.js";

it("links to each section that is there, and to each failure, in their order", () => {
  const failure = html`<article class="violation" data-name="${"kept & read in storm"}" id="failure-storm-kept"></article>`;
  const body = html`${section("failures", "Failures", failure)}${section("none", "Empty", html``)}${section("goals", "Goals", html`<p>x</p>`)}`;
  const links = [...contents(body).text.matchAll(/href="#([^"]+)">([^<]+)</g)].map(([, to, text]) => [
    to,
    text,
  ]);
  expect(links).toEqual([
    ["failures", "Failures"],
    ["failure-storm-kept", "kept &amp; read in storm"],
    ["goals", "Goals"],
  ]);
});
