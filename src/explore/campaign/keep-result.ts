/**
 * Keeps what is known of a campaign in a file while it runs. A disk that is full, or a folder that can't be
 * written to, is reported once and ends nothing: the campaign goes on in memory, and every later save tries
 * again.
 */

import { InputError } from "../formats/input-error.js";
import type { CampaignResult } from "./campaign.js";
import { writeResult } from "./result-file.js";

export class ResultKeeper {
  readonly path: string;
  readonly #onTrouble: (sentence: string) => void;
  #inTrouble = false;

  constructor(path: string, onTrouble: (sentence: string) => void) {
    this.path = path;
    this.#onTrouble = onTrouble;
  }

  /**
   * Whether the file now holds this result. @param isLast that no other save follows, so that a failure is
   * reported again.
   */
  save(result: CampaignResult, isLast = false): boolean {
    try {
      writeResult(this.path, result);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      if (isLast) this.#onTrouble(`${error.message}; the result is printed, and not kept`);
      else if (!this.#inTrouble) this.#onTrouble(`${error.message}; the campaign goes on in memory`);
      this.#inTrouble = true;
      return false;
    }
    if (this.#inTrouble) this.#onTrouble(`${this.path} can be written again: nothing is lost`);
    this.#inTrouble = false;
    return true;
  }
}
