/**
 * When a failure became inevitable: the sentence with links into the diagram, which marks the stretch, and the share of futures that fail
 * at each moment that was tried.
 */
import type { Branching } from "../../explore/branch.js";
import { inevitableText } from "../branch-lines.js";
import { moment } from "../words.js";
import type { Mark } from "./data.js";
import { html, type Markup } from "./markup.js";
import { sizeBar, table, timeLink } from "./parts.js";

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

export function inevitableMarks({ inevitable }: Branching): Mark[] {
  return [{ text: "inevitable", from: inevitable.after, to: inevitable.by, fact: -1 }];
}

export function branchPart(branching: Branching): Markup {
  const { points, inevitable, property, complete } = branching;
  const { after, by } = inevitable;
  return html`<p class="message">${timeLink(after, by, capitalized(inevitableText(branching)))}</p>
${complete ? "" : html`<p class="note">It was interrupted: not all moments were tried.</p>`}
<p class="note">Of the futures branched off at each moment, the share that violates ${property}:</p>
${table(points, [
  { title: "branched at", cell: ({ at }) => timeLink(at, at, moment(at)), number: true },
  { title: "", cell: ({ failed, futures }) => sizeBar(futures === 0 ? 0 : failed / futures) },
  { title: "fail", cell: ({ failed, futures }) => `${failed} of ${futures}`, number: true },
])}`;
}
