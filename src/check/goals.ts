/**
 * Goals as properties: something that a campaign must reach now and then, or its runs have proved less than they
 * seem to. A single run can't contradict one; it counts what it reached, and the campaign adds up.
 */
import type { Property } from "./property.js";

/** A property that counts how often a goal was reached. */
export function sometimes(goal: string): Property {
  return {
    id: `sometimes/${goal}`,
    kind: "sometimes",
    sentence: `Now and then this is reached: ${goal}.`,
    subscribes: ["goal"],
    start: (context) => ({
      on(event) {
        if (event.kind === "goal" && event.goal === goal) context.checked();
      },
    }),
  };
}
