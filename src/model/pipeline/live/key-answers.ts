/**
 * The clients of idempotency keys invent nothing: whatever one of them was answered follows from a state that the key really had,
 * by then or before.
 *
 * That is less than `lin-idempotency` asks for. A read from a former leader and the write of a late holder break that one,
 * and are the engine's; both still follow from a state that was once committed. An answer that follows from none is the
 * client's own, and so this property is declared for nothing.
 */
import { comparable, ensure, OPEN, type Operation, type Property, when } from "seedstorm/check";
import type { KeyChange } from "../properties/changes.js";
import { idempotencyModel, type KeyState } from "../properties/linearizability/idempotency.js";
import { type ResourceRecord, recordedRequests } from "../properties/linearizability/recorded.js";

const RESOURCE = "order-effects";
const OF_A_KEY: ReadonlySet<string> = new Set(["reserve", "complete", "release"]);

/** A key's state from an event on. */
interface Since {
  readonly from: number;
  readonly state: KeyState | null;
}

const FREE: Since = { from: -1, state: null };

export const keyAnswersHaveAState: Property = {
  id: "key-answers-have-a-state",
  kind: "at-end",
  sentence: "What is answered about an idempotency key follows from a state that the key has had by then.",
  subscribes: ["client", "durable"],
  start(context) {
    const recorded = context.view(recordedRequests);
    return {
      end() {
        const record = recorded.resource(RESOURCE);
        const states = statesOf(record);
        for (const operation of record.operations()) {
          const { object: key, call, ret, f } = operation;
          if (ret === OPEN || !OF_A_KEY.has(f)) continue;
          context.checked();
          const had = (states.get(key) ?? [FREE]).filter(({ from }) => from <= ret);
          if (had.some(({ state }) => follows(state, operation))) continue;
          const [asked, answered] = [context.event(call), context.event(ret)];
          const known = [...new Set(had.map(({ state }) => idempotencyModel.tellState(state)))];
          context.violated(
            key,
            `${answered.host} was answered "${idempotencyModel.describe(operation)}" about key ${key} ${when(answered)} (asked ${when(asked)}), which follows from no state that the key has had: it ${known.join(", it ")}.`,
            [asked, ...had.filter(({ from }) => from >= 0).map(({ from }) => context.event(from)), answered],
          );
        }
      },
    };
  },
};

const follows = (state: KeyState | null, operation: Operation): boolean =>
  idempotencyModel.step(state, operation, operation.output) !== undefined;

/** By key: every state that was committed, the first one included. */
function statesOf({ calls }: ResourceRecord): ReadonlyMap<string, readonly Since[]> {
  const states = new Map<string, Since[]>();
  for (const { change, at } of calls)
    if (change.of === "key")
      ensure(states, change.key, () => [FREE]).push({ from: at, state: stateOf(change) });
  return states;
}

function stateOf({ state, owner, attempt, requestHash, expired, value }: KeyChange): KeyState | null {
  if (state === "released") return null;
  const now = state === "in-progress" && expired ? "expired" : state;
  return { owner, attempt, requestHash, state: now, value: state === "completed" ? comparable(value) : null };
}
