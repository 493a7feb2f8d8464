/** What the cloud says that it has done and undone, by the tokens of calls. */
import type { HistoryEvent } from "seedstorm";
import { type Check, ensure, text, type ViewKind } from "seedstorm/check";
import { type ExternalEvent, type Named, type SagaState, sagaState } from "./state.js";

export interface CloudCall {
  readonly named: Named;
  readonly event: ExternalEvent;
}

const CLOUD = "cloud";
/** What has an inverse at the cloud. */
const REVERSIBLE = new Set(["create", "resize", "suspend"]);
const READS = new Set(["find", "list"]);

export class CloudCalls implements Check {
  /** What the event at hand says that the cloud has applied for a run. */
  applied: CloudCall | undefined = undefined;
  /** What the event at hand says that a runner is about to have done. */
  attempted: CloudCall | undefined = undefined;
  /** Everything reversible that was applied, by run. */
  readonly reversible = new Map<string, CloudCall[]>();
  /** By the token that was reverted. */
  readonly reverted = new Map<string, ExternalEvent>();
  readonly #state: SagaState;

  constructor(state: SagaState) {
    this.#state = state;
  }

  on(event: HistoryEvent): void {
    this.applied = undefined;
    this.attempted = undefined;
    if (event.kind !== "external" || event.service !== CLOUD || READS.has(event.operation)) return;
    const named = this.#state.named(event.token);
    if (named === undefined || event.phase === "reply") return;
    const call = { named, event };
    if (event.phase === "attempt") {
      this.attempted = call;
      return;
    }
    this.applied = call;
    if (REVERSIBLE.has(event.operation)) ensure(this.reversible, named.saga, () => []).push(call);
    else if (event.operation === "revert") this.reverted.set(text(event.value, "of"), event);
  }
}

/** Reads external facts; ask for `applied` and `attempted` while one is at hand. */
export const cloudCalls: ViewKind<CloudCalls> = {
  subscribes: ["external"],
  start: (context) => new CloudCalls(context.view(sagaState)),
};
