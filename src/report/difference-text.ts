/** How a plan that passes differs from one that fails, in words: `without crash aws-a at 5.000 s for 2 s`. */
import type { PlanDifference } from "../explore/plan-differences.js";
import type { Operation } from "../sim/plan.js";
import { faultLength, faultText, triggerText } from "./fault-text.js";
import { clean } from "./text-style.js";
import { moment } from "./words.js";

/** @param noun what an operation is called. */
export function differenceText(difference: PlanDifference, noun = "operation"): string {
  switch (difference.what) {
    case "fault":
      return changed(difference.from, difference.to, (fault) => {
        const begin = fault.trigger === undefined ? `at ${moment(fault.at)}` : `from ${moment(fault.at)} on`;
        return `${faultText(fault)} ${begin}${faultLength(fault)}${triggerText(fault)}`;
      });
    case "operation":
      return changed(difference.from, difference.to, (operation) => operationText(operation, noun));
    case "host":
      return changed(difference.from, difference.to, ({ id, role }) => `the ${role} ${id}`);
    case "knob": {
      const { name, from, to } = difference;
      return changed(from, to, (value) => `knob ${name} ${value}`);
    }
    case "branch":
      return changed(difference.from, difference.to, ({ at, future }) => {
        return `other chance and another storm from ${moment(at)} on (future ${future})`;
      });
    case "end":
      return changed(difference.from, difference.to, ({ healAt, duration }) => {
        return `quiet from ${moment(healAt)} to ${moment(duration)}`;
      });
    case "seed":
      return changed(difference.from, difference.to, (seed) => `seed ${seed}`);
  }
}

function changed<T>(from: T | undefined, to: T | undefined, text: (part: T) => string): string {
  if (to === undefined) return from === undefined ? "" : clean(`without ${text(from)}`);
  return clean(from === undefined ? `with ${text(to)}` : `with ${text(to)} in the place of ${text(from)}`);
}

function operationText({ id, at, host, action, body }: Operation, noun: string): string {
  const what = body === null ? action : `${action} ${JSON.stringify(body)}`;
  return `${noun} ${id} (${what} at ${host}, ${moment(at)})`;
}
