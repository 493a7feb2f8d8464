import { describe, expect, it } from "vitest";
import { GOALS } from "../../../src/model/pipeline/goals.js";
import type { Fault } from "../../../src/sim/faults/catalogue.js";
import { SECOND, seconds } from "../../../src/sim/time.js";
import { finished, soloPipeline, webhook } from "./solo-pipeline.js";

const webhooks = Array.from({ length: 10 }, (_, i) => webhook(i + 1));
const knobs = { maintenanceInterval: seconds(2) };

describe("maintenance", () => {
  it("is done by one holder, who saves checkpoints, each at a quorum of providers first", async () => {
    const history = await finished(soloPipeline({ webhooks, knobs }));
    const grants = history.of("lease").filter(({ phase }) => phase === "grant");
    expect(grants).toHaveLength(1);
    const pointers = history
      .writes("pointer/")
      .map(({ value }) => value as { version: number; cursor: number });
    expect(pointers.map(({ version }) => version)).toEqual(pointers.map((_, i) => i + 1));
    expect(pointers.at(-1)).toMatchObject({ cursor: 10, objectCopies: ["aws", "gcp"] });
  });

  it("trims what every group is done with", async () => {
    const history = await finished(soloPipeline({ webhooks, knobs }));
    expect(history.writes("trimmed").at(-1)?.value).toBe(10);
  });

  it("passes to another holder with a higher epoch when the holder crashes", async () => {
    const faults: Fault[] = [
      { id: "1", kind: "crash", target: "keeper-1", at: seconds(10), for: seconds(15) },
      { id: "2", kind: "crash", target: "keeper-2", at: seconds(30), for: seconds(15) },
    ];
    const history = await finished(soloPipeline({ webhooks, knobs, faults }));
    const epochs = history.of("lease").flatMap(({ phase, epoch }) => (phase === "grant" ? [epoch] : []));
    expect(epochs.length).toBeGreaterThan(1);
    expect(epochs).toEqual(epochs.map((_, i) => i + 1));
    expect(history.reached(GOALS.leaseChangedHands)).toBe(true);
  });

  /** A holder that was paused for long enough comes back and goes on writing as if it still held the lease. */
  const paused: Fault[] = ["keeper-1", "keeper-2"].map((target, i) => ({
    id: target,
    kind: "pause",
    target,
    at: seconds(10 + i * 20),
    for: seconds(12),
  }));
  const loseCursor = { knobs: { maintenanceInterval: seconds(1) }, webhooks, faults: paused };

  it("by a holder that was overtaken while it was paused is refused, and the fences never go down", async () => {
    let refused = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const history = await finished(soloPipeline({ ...loseCursor, seed }));
      if (history.of("refusal").some(({ reason }) => reason === "fenced" || reason === "not-held"))
        refused += 1;
      for (const store of ["orders@replica", "order-effects@replica", "order-checkpoints@replica"]) {
        const fences = history
          .of("durable")
          .filter((event) => event.store === store)
          .flatMap(({ writes }) =>
            writes.flatMap(({ key, value }) => (key === "fence" ? [Number(value)] : [])),
          );
        expect(fences).toEqual([...fences].sort((a, b) => a - b));
      }
    }
    expect(refused).toBe(12);
  });

  it("by an overtaken holder gets through under GW4 in some universes", async () => {
    let lowered = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const history = await finished(soloPipeline({ ...loseCursor, seed, defects: ["GW4"] }));
      const fences = history
        .of("durable")
        .filter(({ store }) => store === "order-effects@replica")
        .flatMap(({ writes }) =>
          writes.flatMap(({ key, value }) => (key === "fence" ? [Number(value)] : [])),
        );
      if (fences.some((epoch, i) => epoch < (fences[i - 1] ?? 0))) lowered += 1;
    }
    expect(lowered).toBeGreaterThan(0);
  });

  it("saves no checkpoint while less than a quorum of stores answers, and does later", async () => {
    const faults: Fault[] = [
      {
        id: "o",
        kind: "external-hang",
        target: "external/objects-gcp",
        ratio: 1,
        at: 0,
        for: 20 * SECOND,
      },
    ];
    const history = await finished(soloPipeline({ webhooks, knobs, faults }));
    expect(history.of("refusal")).toContainEqual(
      expect.objectContaining({ operation: "save", reason: "object-not-durable" }),
    );
    const first = history
      .of("durable")
      .find(({ writes }) => writes.some(({ key }) => key.startsWith("pointer/")));
    expect(first?.at).toBeGreaterThan(20 * SECOND);
  });

  it("points to an object on one provider only under GW7", async () => {
    const history = await finished(soloPipeline({ webhooks, knobs, defects: ["GW7"] }));
    expect(history.writes("pointer/").at(-1)?.value).toMatchObject({ objectCopies: ["aws"] });
  });
});
