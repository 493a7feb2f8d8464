/**
 * Which ranges of tenants a node serves. Without a shard, all; with one, those that the placement bucket gives to it, as
 * its watch says: entries come in the order of their revisions, and one that is older than what is known is ignored.
 *
 * A range that moves while work goes on is served by both shards for a moment, which is harmless: consumers, store and ids
 * are shared.
 */
import type { BucketEntry, Watch } from "../broker/api.js";
import type { NodeContext } from "./context.js";
import { GOALS } from "./goals.js";

export const placementKey = (range: number): string => `range-${range}`;

export class Placement {
  readonly #context: NodeContext;
  readonly #onChange: (ranges: ReadonlySet<number>) => void;
  readonly #shards = new Map<string, { readonly shard: string; readonly revision: number }>();
  #watch: Watch | undefined;

  constructor(context: NodeContext, onChange: (ranges: ReadonlySet<number>) => void) {
    this.#context = context;
    this.#onChange = onChange;
  }

  start(): void {
    const { broker, settings } = this.#context;
    if (settings.shard === "") {
      this.#onChange(new Set(this.#all()));
      return;
    }
    this.#watch = broker.bucket(settings.placementBucket).watch((event) => {
      if (event.type === "reset") this.#shards.clear();
      if (event.type !== "entry" || !this.#apply(event.entry)) return;
      const ranges = new Set(
        this.#all().filter((range) => this.#shards.get(placementKey(range))?.shard === settings.shard),
      );
      this.#onChange(ranges);
    });
  }

  stop(): void {
    this.#watch?.stop();
  }

  /** Whether something has changed. */
  #apply({ key, value, revision, operation }: BucketEntry): boolean {
    const { host } = this.#context;
    const before = this.#shards.get(key);
    if (before !== undefined && before.revision >= revision) return false;
    const shard =
      operation === "delete" ? "" : String((value as { readonly shard?: unknown } | null)?.shard ?? "");
    if (host.defect("placement-keeps-first") && before !== undefined) return false;
    if (before !== undefined && before.shard !== shard) host.reached(GOALS.rangeMoved);
    this.#shards.set(key, { shard, revision });
    host.record({
      kind: "state",
      entity: "placement",
      name: `${host.id}/${key}`,
      from: before?.shard ?? "",
      to: shard,
      detail: { revision },
    });
    return true;
  }

  #all(): number[] {
    return Array.from({ length: this.#context.settings.spread.ranges }, (_, i) => i);
  }
}
