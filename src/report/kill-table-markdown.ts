/**
 * The kill table as a document: a table for each system, the properties that catch, what was not caught, and the command
 * that makes it again. In a document that has more to say, the table stands between two marks and is replaced there.
 */
import { figuresOf } from "../explore/defects/defect-figures.js";
import type { DefectResult } from "../explore/defects/defects.js";
import { versions } from "../explore/formats/versions.js";
import type { Defect, Incident } from "../storm/defect.js";
import type { System } from "../storm/scenario.js";
import {
  byText,
  closing,
  controlSentence,
  type KillReport,
  problems,
  remarks,
  runsText,
  secondsText,
  sizeText,
} from "./kill-table.js";
import { marksOf, withPart } from "./marked.js";
import { addressOf } from "./origin.js";
import { count, grouped } from "./words.js";

const PART = "kill table";

/** The document with a new table in it; a new document when it had none. */
export function withKillTable(document: string | undefined, report: KillReport): string[] {
  const table = killTableMarkdown(report);
  const { begin, end } = marksOf(PART);
  return withPart(document, PART, table) ?? [...OPENING, "", begin, ...table, end];
}

const OPENING = [
  "# Planted defects",
  "",
  "A harness that never fires is worth nothing. So protections of the systems under test can be switched off, one at a time,",
  "each at the place where it stands, and for each such defect it is known which property must catch it. What follows is how",
  "many universes it takes.",
];

function killTableMarkdown(report: KillReport): string[] {
  const { settings, results, controls, notes, command } = report;
  const { seedstorm, node } = versions();
  const systems = [...new Set(results.map(({ planting }) => planting.system))];
  return [
    "",
    `This table is generated, by Seedstorm ${seedstorm} on Node ${node}. It is made again by`,
    "",
    "```",
    command,
    "```",
    "",
    `Each defect is sought in ${count(settings.blocks, "block")} of seeds that have none in common, with at most ${grouped(settings.budget)} runs each; in a block the`,
    "scenarios of the system take turns, the calm ones too. *Runs* counts up to and with the first that violates an expected",
    "property. *Seconds* are those of one thread, and the only figures that depend on the machine. The 90th percentile is over",
    "the blocks. *Smallest* is the plan of the first catch after shrinking.",
    "",
    `${closing(report)}.`,
    ...controls.flatMap((control) => ["", `${controlSentence(control)}.`]),
    ...systems.flatMap((system) => systemLines(system, report)),
    ...sentences("Not caught, or caught without a defect", problems(report)),
    ...sentences(
      "Something else fired first",
      results.flatMap((result) => remarks(result, settings)),
    ),
    ...sentences("Left out", notes),
    "",
  ];
}

function sentences(title: string, all: readonly string[]): string[] {
  if (all.length === 0) return [];
  return ["", `## ${title}`, "", ...all.map((text) => `- ${escaped(text)}.`.replace(/\.\.$/, "."))];
}

function systemLines(system: System, { results }: KillReport): string[] {
  const own = results.filter(({ planting }) => planting.system === system);
  const named = new Set(own.flatMap(({ planting }) => planting.defect.caughtBy));
  const scenarios = own[0]?.planting.scenarios.map(({ id }) => id).join(", ") ?? "";
  return [
    "",
    `## System ${system.id}: ${system.title}`,
    "",
    `Scenarios, in turn: ${scenarios}.`,
    "",
    "| defect | expected | caught by | blocks | runs | p90 | seconds | p90 | smallest |",
    "|---|---|---|--:|--:|--:|--:|--:|---|",
    ...own.map(row),
    "",
    "| defect | what it breaks | origin | met before |",
    "|---|---|---|---|",
    ...own.map(({ planting }) => aboutRow(planting.defect)),
    "",
    "| property | what must hold |",
    "|---|---|",
    ...system.properties
      .filter(({ id }) => named.has(id))
      .map(({ id, sentence }) => `| ${escaped(id)} | ${escaped(sentence)} |`),
  ];
}

function row(result: DefectResult): string {
  const { id, caughtBy } = result.planting.defect;
  const figures = figuresOf(result);
  const cells = [
    `\`${id}\``,
    caughtBy.join(", "),
    byText(figures),
    `${figures.caught}/${figures.blocks}`,
    runsText(figures.medianRuns, result.budget),
    runsText(figures.p90Runs, result.budget),
    secondsText(figures.medianSeconds),
    secondsText(figures.p90Seconds),
    sizeText(result),
  ];
  return `| ${cells.map(escaped).join(" | ")} |`;
}

/** What a defect breaks, where it comes from, and a link to a public report of its kind. */
function aboutRow({ id, breaks, origin, incident }: Defect): string {
  const cells = [`\`${id}\``, breaks, origin ?? "–"].map(escaped);
  return `| ${[...cells, incident === undefined ? "–" : citation(incident)].join(" | ")} |`;
}

function citation(incident: Incident): string {
  const { what, by, year } = incident;
  const address = addressOf(incident)?.replaceAll(
    /[()|]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16)}`,
  );
  const text = escaped(what);
  return `${address === undefined ? text : `[${text}](${address})`} (${escaped(by)}, ${year})`;
}

/** Nothing in a sentence makes a cell, a link or a tag. */
function escaped(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/[|<>[\]]/g, (letter) => `\\${letter}`);
}
