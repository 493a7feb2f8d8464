/**
 * The nearest run that passes, under the one that fails: in what their plans differ, the first event that differs on either side, and its
 * own diagram, which looks at the same time as the other and marks the same moment.
 */

import type { Scenario } from "../../storm/scenario.js";
import { eventText } from "../event-text.js";
import { type Comparison, compareRuns, passesText } from "../nearest.js";
import type { RecordedRun } from "../recorded-run.js";
import { count, moment } from "../words.js";
import type { Mark } from "./data.js";
import { diagramOf } from "./diagram.js";
import { type DiagramPlace, diagramPart } from "./diagram-part.js";
import { html, type Markup } from "./markup.js";
import { factLink } from "./parts.js";

export interface Compared {
  readonly passing: RecordedRun;
  readonly comparison: Comparison;
}

export function comparedWith(failing: RecordedRun, passing: RecordedRun, scenario: Scenario): Compared {
  return { passing, comparison: compareRuns(failing.outcome, passing.outcome, scenario) };
}

/** What the diagram of the run that fails marks. */
export function differenceMarks({ comparison: { first } }: Compared): Mark[] {
  return first === undefined ? [] : [markAt(first.at, first.failing?.id)];
}

function markAt(at: number, fact = -1): Mark {
  return { text: "first difference", from: at, to: at, fact };
}

/** @param beside name of the diagram of the run that fails. */
export function comparePart(
  { passing, comparison }: Compared,
  beside: string,
  options: { readonly focus: number; readonly limit?: number },
): Markup {
  const { changes, first } = comparison;
  const name = `${beside}-passing`;
  const marks = first === undefined ? [] : [markAt(first.at, first.passing?.id)];
  const { data, cut } = diagramOf({ ...passing, declared: [], marks, ...options });
  const place: DiagramPlace = { name, data, cut, beside };
  return html`<p class="message">It ${passesText(changes)}.</p>
${first === undefined ? html`<p class="note">All that happens is the same.</p>` : sidesPart(first, beside, name)}
${diagramPart(place)}`;
}

function sidesPart(
  { same, at, failing, passing }: NonNullable<Comparison["first"]>,
  beside: string,
  name: string,
): Markup {
  const side = (event: typeof failing, diagram: string): Markup =>
    event === undefined
      ? html`nothing more happens`
      : html`${factLink(event.id, event.at, diagram)} <b>${event.host}</b> ${eventText(event)}`;
  return html`<p class="note">The same up to ${moment(at)}, ${count(same, "event")}; then</p>
<ul class="evidence sides"><li><span class="badge violated">fails</span> ${side(failing, beside)}</li><li><span class="badge held">passes</span> ${side(passing, name)}</li></ul>`;
}
