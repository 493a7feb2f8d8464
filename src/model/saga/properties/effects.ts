/**
 * What the cloud does for a run happens once: A7. It goes by the cloud's own word, whatever tokens it was
 * asked under.
 */
import { type Property, when } from "seedstorm/check";
import { cloudCalls } from "./cloud-calls.js";
import type { ExternalEvent } from "./state.js";

export const stepsApplyOnce: Property = {
  id: "steps-apply-once",
  alias: "A7",
  kind: "always",
  sentence: "The cloud applies a step of a run at most once, and its inverse at most once.",
  subscribes: ["external"],
  start(context) {
    const calls = context.view(cloudCalls);
    const applied = new Map<string, ExternalEvent>();
    return {
      on() {
        if (calls.applied === undefined) return;
        const { named, event } = calls.applied;
        const subject = `${named.saga}/${named.idx}${named.undo ? "/undo" : ""}`;
        const first = applied.get(subject);
        context.checked();
        if (first === undefined) {
          applied.set(subject, event);
          return;
        }
        const what = named.undo ? `The inverse of step ${named.idx}` : `Step ${named.idx}`;
        const tokens =
          first.token === event.token
            ? `both for token ${event.token}`
            : `for tokens ${first.token} and ${event.token}`;
        context.violated(
          subject,
          `${what} of ${named.saga} was applied twice: ${first.operation} ${when(first)} and ${event.operation} ${when(event)}, ${tokens}.`,
          [first, event],
        );
      },
    };
  },
};
