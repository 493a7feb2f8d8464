/** A timer of a host in words, with what became of it: `timer set, due at 12.400 s: fired`. */

import { clean } from "./text-style.js";
import type { RecordedTimer } from "./timer-recorder.js";
import { moment } from "./words.js";

export function timerText(timer: RecordedTimer): string {
  return clean(`${beginningOf(timer)}, due at ${moment(timer.due)}: ${endOf(timer)}`);
}

function beginningOf({ kind, request }: RecordedTimer): string {
  switch (kind) {
    case "timer":
      return "timer set";
    case "sleep":
      return "sleep begun";
    case "time-out":
      return request === undefined ? "time-out set" : `time-out of ${request.name} to ${request.to} set`;
  }
}

function endOf({ outcome, due, end }: RecordedTimer): string {
  switch (outcome) {
    case "fired":
      // A host that stands still, or whose clock changes its pace, is not on time.
      return moment(due) === moment(end) ? "fired" : `fired at ${moment(end)}`;
    case "cancelled":
      return `cancelled at ${moment(end)}`;
    case "lost":
      return `lost in the crash at ${moment(end)}`;
    case "waiting":
      return "still waiting at the end";
  }
}
