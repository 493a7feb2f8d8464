/** What counts as a definite no to a client. */
import type { EventOf } from "../../sim/history.js";
import { text } from "../json.js";

/** Nothing was done, but only because it could not be done just then: asking again may well succeed. */
const FOR_NOW: ReadonlySet<string> = new Set([
  "unavailable",
  "in-progress",
  "not-leader",
  "time-out",
  "unknown",
]);

/** Whether a client was refused for good: a typed reason that another attempt would meet again. */
export function isRefusal(event: EventOf<"client">): boolean {
  return event.phase === "fail" && !FOR_NOW.has(text(event.value, "reason"));
}
