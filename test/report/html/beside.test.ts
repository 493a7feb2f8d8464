/** Pages that set a run that fails beside one that passes, mark when it became inevitable, and draw a campaign's failures. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Case } from "../../../src/explore/campaign/cases.js";
import { campaignHtml } from "../../../src/report/html/campaign-page.js";
import { drawnCases } from "../../../src/report/html/case-diagrams.js";
import type { DiagramData } from "../../../src/report/html/data.js";
import { runHtml } from "../../../src/report/html/run-page.js";
import { recordedRun } from "../../../src/report/recorded-run.js";
import { SECOND } from "../../../src/sim/time.js";
import { testClient } from "../../support/report-client.js";
import { toyAbout, toyBranching, toyCampaign, toyCase, toyFinding } from "../../support/toy-pages.js";
import { toyCalm, toyPassing, toyStorm } from "../../support/toy-storm.js";

function diagramIn(page: string, name: string): DiagramData {
  const text = new RegExp(`<script type="application/json" data-of="${name}">([^<]*)<`).exec(page)?.[1];
  if (text === undefined) throw new Error(`the page has no diagram ${name}`);
  return JSON.parse(text);
}

describe("the page of a run that fails, with one that passes", () => {
  let page: string;
  beforeAll(async () => {
    const [failing, passing] = [await recordedRun(toyStorm, toyCalm), await recordedRun(toyPassing, toyCalm)];
    page = runHtml({ ...failing, ...toyAbout, passing, branching: toyBranching }, await testClient());
  });

  it("says what is left out, and the first event that differs, with a link into each diagram", () => {
    expect(page).toContain("It passes without crash ledger at 10.000 s for 2 s.");
    expect(page).toMatch(
      /fails<\/span> <button [^>]*data-fact="\d+" data-in="main">10\.000 s<\/button> <b>ledger/,
    );
    expect(page).toMatch(/passes<\/span> <button [^>]*data-fact="\d+" data-in="main-passing">12\.000 s</);
  });

  it("has both diagrams over the same time, with the first difference marked in each at its own event", () => {
    const [failing, passing] = [diagramIn(page, "main"), diagramIn(page, "main-passing")];
    const difference = ({ marks }: DiagramData) => marks.find(({ text }) => text === "first difference");
    const factAt = (data: DiagramData): string | undefined =>
      data.facts.text[data.facts.id.indexOf(difference(data)?.fact ?? -1)];
    expect(difference(failing)?.from).toBe(10 * SECOND);
    expect(difference(passing)?.from).toBe(10 * SECOND);
    expect(factAt(failing)).toContain("host: crash");
    expect(factAt(passing)).toContain("durable in ledger");
    expect(failing.duration).toBe(passing.duration);
    expect(page).toContain('data-diagram="main-passing" data-beside="main"');
  });

  it("links the sentence about when it became inevitable to the stretch that its diagram marks", () => {
    expect(page).toMatch(
      /data-from="9000000" data-to="10000000">Inevitable from 10\.000 s on; at 9\.000 s 15 futures of 20 still went well</,
    );
    expect(diagramIn(page, "main").marks).toContainEqual({
      ...{ text: "inevitable", from: 9 * SECOND, to: 10 * SECOND, fact: -1 },
    });
  });

  it("shows what the crash took back, in words and on the disk's row", () => {
    expect(page).toMatch(/host: crash, incarnation 1, (lost|tore) \d/);
    const { disks, hosts } = diagramIn(page, "main");
    expect(new Set(disks.host.map((host) => hosts[host]?.id))).toEqual(new Set(["ledger"]));
    expect(disks.note.some((note) => /^(lost|tore) /.test(note))).toBe(true);
  });
});

describe("the page of a campaign", () => {
  async function pageOf(cases: readonly Case[]): Promise<string> {
    const report = toyCampaign(cases);
    return campaignHtml(
      { report, again: "npx seedstorm check", drawn: await drawnCases(report) },
      await testClient(),
    );
  }

  it("has each failure with its diagram, its evidence linked into it, and the nearest run that passes", async () => {
    const page = await pageOf([
      toyCase(toyFinding({}), toyStorm, toyPassing),
      toyCase(toyFinding({ seed: 2 }), toyStorm),
    ]);
    expect(diagramIn(page, "case-0").violations[0]?.property).toBe("T1");
    expect(diagramIn(page, "case-0-passing").violations).toEqual([]);
    expect(diagramIn(page, "case-1").violations[0]?.property).toBe("T1");
    expect(page).not.toContain('data-diagram="case-1-passing"');
    expect(page).toMatch(/data-fact="\d+" data-in="case-0">/);
    expect(page).not.toContain('id="diagram"');
  });

  it("lists its failures in the table of contents", async () => {
    const page = await pageOf([toyCase(toyFinding({}), toyStorm)]);
    expect(page).toMatch(/<li class="part"><a href="#failure-toy-calm-T1">T1 in toy-calm<\/a>/);
  });

  it("has none for a run that did not end, and says so for one that does not fail again", async () => {
    const hung = toyCase(toyFinding({ kind: "hung", property: "", message: "it hung" }), toyStorm);
    const mended = toyCase(toyFinding({}), { ...toyStorm, defects: [] });
    const page = await pageOf([hung, mended]);
    expect(page).not.toContain("data-diagram=");
    expect(page).toContain("It has no diagram here");
  });
});
