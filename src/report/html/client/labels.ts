/** The names of the rows, to the left of the drawing: real text, so that it can be read out, searched and copied. */
import type { DiagramData } from "../data.js";
import type { Row, Rows } from "./rows.js";
import { AXIS } from "./scene.js";
import { element } from "./surface.js";

export class RowLabels {
  readonly #root: HTMLElement;
  readonly #data: DiagramData;

  constructor(root: HTMLElement, data: DiagramData) {
    this.#root = root;
    this.#data = data;
  }

  show({ rows }: Rows): void {
    this.#root.replaceChildren(...rows.flatMap((row) => this.#label(row) ?? []));
  }

  #label(row: Row): HTMLElement | undefined {
    const made = this.#made(row);
    if (made === undefined) return undefined;
    made.style.top = `${row.y + AXIS}px`;
    made.style.height = `${row.height}px`;
    return made;
  }

  #made(row: Row): HTMLElement | undefined {
    switch (row.type) {
      case "heading":
        return element("div", "row heading", row.text);
      case "faults":
        return undefined;
      case "world":
        return element("div", "row world", "world");
      case "strip": {
        const title = row.first ? (this.#data.strips[row.strip]?.title ?? "") : "";
        return titled(element("div", "row strip", element("span", "name", title)), title);
      }
      case "disk": {
        const id = this.#data.hosts[row.host]?.id ?? "";
        return titled(element("div", "row disk", element("span", "name", "disk")), `the disk of ${id}`);
      }
      case "host": {
        const { id, role, provider } = this.#data.hosts[row.host] ?? { id: "", role: "", provider: "" };
        const made = element(
          "div",
          "row host",
          element("span", "name", id),
          element("span", "place", row.place),
        );
        return titled(made, `${id}, ${role}, ${provider} ${row.place}`);
      }
    }
  }
}

function titled(made: HTMLElement, title: string): HTMLElement {
  made.title = title;
  return made;
}
