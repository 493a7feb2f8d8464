/** The details of the selected step: what happened, where and when, what caused it and what came of it. */
import type { Model } from "./model.js";
import { button, element } from "./surface.js";
import { length, seconds } from "./view.js";

/** Consequences that are listed one by one. */
const LISTED = 8;

const OUTCOMES = [
  "arrived",
  "was dropped by the network",
  "was lost: its receiver's life ended first",
  "was still on its way at the end",
] as const;
const TYPES = ["message", "request", "reply"] as const;

export interface PanelActions {
  select(step: number): void;
  step(direction: 1 | -1): void;
}

export class Panel {
  readonly #root: HTMLElement;
  readonly #model: Model;
  readonly #actions: PanelActions;

  constructor(root: HTMLElement, model: Model, actions: PanelActions) {
    this.#root = root;
    this.#model = model;
    this.#actions = actions;
  }

  /** A step, or what to say when there is none. */
  show(step: number | undefined, instead = ""): void {
    const parts = step === undefined ? [element("p", "hint", instead)] : this.#describe(step);
    this.#root.replaceChildren(this.#steps(step), ...parts);
  }

  #steps(step: number | undefined): HTMLElement {
    const { visible, data } = this.#model;
    const place = step === undefined ? -1 : visible.indexOf(step);
    const shown = visible.length === data.steps.length ? `${visible.length}` : `${visible.length} shown`;
    return element(
      "div",
      "stepper",
      button("◀", "the step before (k)", () => this.#actions.step(-1)),
      element("span", "place", place < 0 ? `${shown} steps` : `step ${place + 1} of ${shown}`),
      button("▶", "the next step (j)", () => this.#actions.step(1)),
    );
  }

  #describe(step: number): HTMLElement[] {
    const model = this.#model;
    const host = this.#hostName(model.hostOf(step));
    const head = element(
      "header",
      "",
      element("span", "kind", model.labelOf(step)),
      element("time", "", `${seconds(model.atOf(step))} s`),
      element("span", "host", host),
    );
    const rest = model.kindOf(step) === "fact" ? this.#fact(step) : this.#packet(step);
    return [head, ...this.#evidence(step), ...rest, ...this.#faults(step)];
  }

  #evidence(step: number): HTMLElement[] {
    if (this.#model.kindOf(step) !== "fact") return [];
    const name = this.#model.evidence.get(this.#model.data.facts.id[this.#model.rowOf(step)] ?? -1);
    return name === undefined ? [] : [element("p", "evidence", `Evidence: ${name}`)];
  }

  #fact(step: number): HTMLElement[] {
    const model = this.#model;
    const { facts } = model.data;
    const row = model.rowOf(step);
    const parts: HTMLElement[] = [element("p", "text", facts.text[row] ?? "")];
    const cause = model.causeOf(step);
    if (cause !== undefined) parts.push(this.#links("caused by", [cause]));
    const [carrier] = model.carriersOf(row);
    if (carrier !== undefined) parts.push(this.#links("came with", [3 * carrier + 2]));
    const effects = model.effectsOf(step);
    if (effects.length > 0) parts.push(this.#links("led to", effects));
    parts.push(details("as recorded", facts.detail[row] ?? ""));
    return parts;
  }

  #packet(step: number): HTMLElement[] {
    const model = this.#model;
    const { packets } = model.data;
    const row = model.rowOf(step);
    const from = this.#hostName(packets.from[row] ?? -1);
    const to = this.#hostName(packets.to[row] ?? -1);
    const sent = packets.sent[row] ?? 0;
    const ended = packets.end[row] ?? 0;
    const type = TYPES[packets.type[row] ?? 0] ?? "message";
    const outcome = OUTCOMES[packets.outcome[row] ?? 0] ?? "";
    const copy = (packets.copy[row] ?? 0) > 0 ? ` (copy ${(packets.copy[row] ?? 0) + 1})` : "";
    const took = packets.outcome[row] === 0 ? ` after ${length(ended - sent)}` : ` at ${seconds(ended)} s`;
    const parts: HTMLElement[] = [
      element("p", "text", `${type}${copy} from ${from} to ${to}, ${packets.bytes[row]} bytes`),
      element(
        "p",
        packets.outcome[row] === 0 ? "" : "lost",
        `Sent at ${seconds(sent)} s; ${outcome}${took}.`,
      ),
    ];
    const other = model.otherEnd(step);
    if (other !== undefined) {
      const end = packets.outcome[row] === 0 ? "to its arrival" : "to its end";
      const where = model.kindOf(step) === "sent" ? end : "to its sending";
      parts.push(
        element(
          "p",
          "",
          button(`⏎ ${where}`, "Enter", () => this.#actions.select(other)),
        ),
      );
    }
    const cause = model.causeOf(model.sendingOf(row) ?? step);
    if (cause !== undefined) parts.push(this.#links("caused by", [cause]));
    parts.push(details("body", packets.body[row] ?? ""));
    return parts;
  }

  #links(title: string, steps: readonly number[]): HTMLElement {
    const model = this.#model;
    const list = element("ul", "links");
    for (const step of steps.slice(0, LISTED)) {
      const text =
        model.kindOf(step) === "fact"
          ? (model.data.facts.text[model.rowOf(step)] ?? "")
          : model.labelOf(step);
      const host = this.#hostName(model.hostOf(step));
      const link = button(`${seconds(model.atOf(step), 3)} s  ${host}  ${text}`, text, () =>
        this.#actions.select(step),
      );
      list.append(element("li", "", link));
    }
    if (steps.length > LISTED) list.append(element("li", "more", `and ${steps.length - LISTED} more`));
    return element("div", "related", element("h4", "", title), list);
  }

  /** What was wrong with this host, or with the links of it, at that time. */
  #faults(step: number): HTMLElement[] {
    const at = this.#model.atOf(step);
    const host = this.#model.hostOf(step);
    const active = this.#model.data.faults.filter(
      (fault) => fault.from <= at && at <= fault.to && fault.hosts.includes(host),
    );
    if (active.length === 0) return [];
    const list = element("ul", "", ...active.map(({ text }) => element("li", "", text)));
    return [element("div", "related", element("h4", "", "faults there at that time"), list)];
  }

  #hostName(host: number): string {
    return host < 0 ? "world" : (this.#model.data.hosts[host]?.id ?? "");
  }
}

/** JSON on many lines where it is whole, as it stands where it was cut. */
function details(title: string, json: string): HTMLElement {
  let text = json;
  try {
    text = JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    // it was cut
  }
  return element("div", "related", element("h4", "", title), element("pre", "", text));
}
