/** A violation with its evidence, whose times lead into a diagram; and, of what never happened, the trail of its key. */
import type { Violation } from "../../check/property.js";
import type { Scenario } from "../../storm/scenario.js";
import { factText } from "../loss-text.js";
import type { RecordedRun } from "../recorded-run.js";
import { trailOf } from "../trail.js";
import { count, moment } from "../words.js";
import { html, type Markup, NOTHING } from "./markup.js";
import { factLink } from "./parts.js";

/** Events of one evidence that are listed. */
const LISTED_EVIDENCE = 40;

/** @param diagram name of the diagram that its times lead into; the main one when left out. */
export function violationPart(
  violation: Violation,
  run: RecordedRun,
  scenario: Scenario,
  diagram?: string,
): Markup {
  const { at, message, evidence } = violation;
  const { outcome } = run;
  const rest = evidence.length - LISTED_EVIDENCE;
  const items = evidence.slice(0, LISTED_EVIDENCE).map((id) => {
    const event = outcome.history[id];
    if (event === undefined) return NOTHING;
    return html`<li>${factLink(id, event.at, diagram)} <b>${event.host}</b> ${factText(outcome, event)}</li>`;
  });
  return html`<p class="message"><b>${moment(at)}</b> ${message}</p>
${items.length === 0 ? NOTHING : html`<ol class="evidence">${items}</ol>`}
${rest > 0 ? html`<p class="note">and ${rest} more events</p>` : NOTHING}
${trailPart(violation, run, scenario, diagram)}`;
}

/** Of what never happened: where its key was seen, in facts and messages, up to the last time, and the timers that they led to. */
function trailPart(
  violation: Violation,
  run: RecordedRun,
  scenario: Scenario,
  diagram: string | undefined,
): Markup {
  const trail = trailOf(violation, run.outcome, scenario, run);
  if (trail === undefined) return NOTHING;
  const { key, steps, earlier, end } = trail;
  const items = steps.map(({ at, host, text, fact, lost }) => {
    const time =
      fact === undefined ? html`<span class="note">${moment(at)}</span>` : factLink(fact, at, diagram);
    return html`<li>${time} <b>${host}</b> ${text}${lost ? html` <span class="badge violated">lost</span>` : NOTHING}</li>`;
  });
  return html`<details class="trail" open><summary>the trail of ${key}${earlier === 0 ? "" : `, after ${count(earlier, "step")}`}</summary><ol class="evidence">${items}</ol><p class="message">… and ${end}.</p></details>`;
}
