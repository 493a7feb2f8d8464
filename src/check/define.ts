/**
 * Properties in a few lines. `always` looks at each event as it comes; `atEnd` and `eventually` look at all of them when the
 * run is over; `sometimes` is a goal that a campaign must reach. Each makes a `Property`. One that shares a view with others,
 * or judges at both times, is written as such.
 *
 * Call `checked()` for each comparison: a property that compared nothing has proved nothing, and reports say so.
 */
import type { EventOf, FactKind } from "../sim/history.js";
import { sometimes } from "./goals.js";
import type { Check, CheckContext, Property } from "./property.js";

/** Judges all events of a property's kinds, in their order, when the run is over. */
type Judge<K extends FactKind> = (events: readonly EventOf<K>[], context: CheckContext) => void;

/**
 * Safety, judged at each event.
 *
 * @param kinds what the property reads of the history.
 * @param start begins a run; what it returns is called for each event of these kinds.
 */
function always<K extends FactKind>(
  id: string,
  sentence: string,
  kinds: readonly K[],
  start: (context: CheckContext) => (event: EventOf<K>) => void,
): Property {
  const kind = "always";
  return { id, kind, sentence, subscribes: kinds, start: (context) => ({ on: start(context) as OnEvent }) }; // events of other kinds never come
}

/** Safety, judged once, when the run is over. */
function atEnd<K extends FactKind>(
  id: string,
  sentence: string,
  kinds: readonly K[],
  judge: Judge<K>,
): Property {
  return { id, kind: "at-end", sentence, subscribes: kinds, start: (context) => gathering(context, judge) };
}

/**
 * Liveness, judged when the quiet period is over: from `context.plan.healAt` on no fault is active and every host is up, so that
 * what should have happened by then has no excuse.
 */
function eventually<K extends FactKind>(
  id: string,
  sentence: string,
  kinds: readonly K[],
  judge: Judge<K>,
): Property {
  return {
    id,
    kind: "eventually",
    sentence,
    subscribes: kinds,
    start: (context) => gathering(context, judge),
  };
}

type OnEvent = NonNullable<Check["on"]>;

function gathering<K extends FactKind>(context: CheckContext, judge: Judge<K>): Check {
  const events: EventOf<K>[] = [];
  return {
    on: (event) => {
      events.push(event as EventOf<K>); // events of other kinds never come
    },
    end: () => judge(events, context),
  };
}

export const property = { always, eventually, atEnd, sometimes } as const;
