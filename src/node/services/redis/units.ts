/** What was done as one, in a log or on the way to a replica: one command, or several between `MULTI` and `EXEC`. */
import { requestText } from "./resp.js";

type Command = readonly string[];

export function unitText(effects: readonly Command[]): string {
  const text = effects.map(requestText).join("");
  return effects.length > 1 ? requestText(["MULTI"]) + text + requestText(["EXEC"]) : text;
}

/** Takes commands in their order and gives units. */
export class UnitReader {
  #open: Command[] | undefined;

  /** The unit that the command ends; undefined: it goes on. */
  take(command: Command): readonly Command[] | undefined {
    const [name] = command;
    if (name === "MULTI") {
      this.#open = [];
      return undefined;
    }
    if (this.#open === undefined) return [command];
    if (name !== "EXEC") {
      this.#open.push(command);
      return undefined;
    }
    const unit = this.#open;
    this.#open = undefined;
    return unit;
  }
}
