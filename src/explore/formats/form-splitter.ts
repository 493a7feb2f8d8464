/**
 * Cuts the text of a history into its events while it is being read: maps of JSON or EDN, over as many lines as they like, one
 * after the other or within one list; and lines of a log. Keeps no more than the event that is being read.
 */
import { InputError } from "./input-error.js";

export interface HistoryForm {
  readonly text: string;
  /** The line on which it begins. */
  readonly line: number;
}

/** Characters of one event: something that long was never closed. */
const LONGEST = 16 * 1024 * 1024;

const [NEWLINE, QUOTE, BACKSLASH, SEMICOLON, HASH, COMMA] = [10, 34, 92, 59, 35, 44];
const isSpace = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === COMMA || code === 0xfeff;
const isOpening = (code: number): boolean => code === 123 || code === 91 || code === 40;
const isClosing = (code: number): boolean => code === 125 || code === 93 || code === 41;

type Place = "between" | "form" | "string" | "line" | "comment" | "inner comment";

export class FormSplitter {
  #place: Place = "between";
  /** Text of the event that is being read, from its beginning. */
  #kept = "";
  #keptLine = 1;
  #line = 1;
  #depth = 0;
  /** The next character stands for itself. */
  #escaped = false;
  /** Events stand within a list. */
  #within: "not yet" | "inside" | "after" | "no" = "not yet";

  /** The events that are complete with this text. @throws InputError with the line in front of it. */
  push(text: string): HistoryForm[] {
    const forms: HistoryForm[] = [];
    let from = this.#place === "between" || this.#place === "comment" ? -1 : 0;
    const begin = (at: number, place: Place): void => {
      from = at;
      this.#kept = "";
      this.#keptLine = this.#line;
      this.#place = place;
    };
    const complete = (to: number): void => {
      forms.push({ text: this.#kept + text.slice(from, to), line: this.#keptLine });
      this.#kept = "";
      from = -1;
      this.#place = "between";
    };
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      switch (this.#place) {
        case "between":
          if (isSpace(code)) break;
          if (code === SEMICOLON) this.#place = "comment";
          else if (code === 91 || code === 40) this.#list(begin, at);
          else if (isOpening(code) || code === HASH) {
            begin(at, "form");
            this.#depth = code === HASH ? 0 : 1;
            if (this.#within === "not yet") this.#within = "no";
          } else if (isClosing(code)) this.#closeList();
          else begin(at, "line");
          break;
        case "form":
          if (this.#escaped) this.#escaped = false;
          else if (code === QUOTE) this.#place = "string";
          else if (code === BACKSLASH) this.#escaped = true;
          else if (code === SEMICOLON) this.#place = "inner comment";
          else if (isOpening(code)) this.#depth++;
          else if (isClosing(code) && --this.#depth <= 0) complete(at + 1);
          break;
        case "string":
          if (this.#escaped) this.#escaped = false;
          else if (code === BACKSLASH) this.#escaped = true;
          else if (code === QUOTE) this.#place = "form";
          break;
        case "line":
          if (code === NEWLINE) complete(at);
          break;
        case "comment":
          if (code === NEWLINE) this.#place = "between";
          break;
        case "inner comment":
          if (code === NEWLINE) this.#place = "form";
          break;
      }
      if (code === NEWLINE) this.#line++;
    }
    if (from >= 0) this.#kept += text.slice(from);
    if (this.#kept.length > LONGEST) throw this.#neverClosed();
    return forms;
  }

  /** What is left when the text is over. @throws InputError when an event was never closed. */
  end(): HistoryForm[] {
    if (this.#place === "line") return [{ text: this.#kept, line: this.#keptLine }];
    if (this.#place !== "between" && this.#place !== "comment") throw this.#neverClosed();
    if (this.#within === "inside") throw new InputError(`${this.#line}: the list of events is never closed`);
    return [];
  }

  #list(begin: (at: number, place: Place) => void, at: number): void {
    if (this.#within === "not yet") {
      this.#within = "inside";
      return;
    }
    begin(at, "form");
    this.#depth = 1;
  }

  #closeList(): void {
    if (this.#within !== "inside")
      throw new InputError(`${this.#line}: a bracket is closed here that was never opened`);
    this.#within = "after";
  }

  #neverClosed(): InputError {
    return new InputError(
      `${this.#keptLine}: expected one event, and the one that begins here is never closed`,
    );
  }
}
