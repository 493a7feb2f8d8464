/** The data of the space-time diagram, and how its code looks things up in them. */
import { beforeAll, describe, expect, it } from "vitest";
import { EVERYTHING, Model } from "../../../src/report/html/client/model.js";
import { packed, rowsOf } from "../../../src/report/html/client/rows.js";
import type { DiagramData } from "../../../src/report/html/data.js";
import { type RecordedRun, recordedRun } from "../../../src/report/recorded-run.js";
import { seconds } from "../../../src/sim/time.js";
import { STORM } from "../../support/couriers.js";
import { courierRun, diagramFor } from "../../support/reports.js";
import { toyCalm, toyStorm } from "../../support/toy-storm.js";

let run: RecordedRun;
let data: DiagramData;
beforeAll(async () => {
  run = await courierRun({ faults: STORM, orders: 30 });
  data = diagramFor(run).data;
});

const shown = (model: Model) => model.visible.map((step) => model.nameOf(step));

describe("the data of a diagram", () => {
  it("has hosts of one provider, region and zone next to each other", () => {
    expect(data.hosts.map(({ id }) => id)).toEqual([
      "courier-aws-a",
      "courier-aws-b",
      "courier-gcp",
      "courier-azure",
      "shop-1",
      "shop-2",
      "external/payments",
    ]);
    const providers = data.hosts.map(({ provider }) => provider);
    expect([...new Set(providers)]).toHaveLength(
      providers.filter((name, i) => name !== providers[i - 1]).length,
    );
  });

  it("tells all that happened in the order in which it happened", () => {
    const model = new Model(data);
    const times = data.steps.map((step) => model.atOf(step));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(data.steps).size).toBe(data.steps.length);
    const arrivals = run.packets.packets.reduce((sum, { ends }) => sum + ends.length, 0);
    expect(data.steps).toHaveLength(run.outcome.history.length + run.packets.packets.length + arrivals);
  });

  it("has a message sent after the fact that caused it and before the facts that it causes", () => {
    const model = new Model(data);
    const place = (step: number | undefined) => data.steps.indexOf(step ?? -1);
    let compared = 0;
    data.steps.forEach((step, i) => {
      const cause = model.causeOf(step);
      if (cause === undefined) return;
      compared++;
      expect(place(cause)).toBeLessThan(i);
    });
    expect(compared).toBeGreaterThan(500);
  });

  it("knows who led in which term, and who held the lease in which epoch", () => {
    const [leaders, lease] = data.strips;
    expect(leaders).toMatchObject({ title: "orders", kind: "leader" });
    expect(lease).toMatchObject({ title: "dispatch", kind: "lease" });
    const told = leaders?.segments.slice(0, 3).map(({ holder, number }) => `${holder} ${number}`);
    expect(told).toEqual(["courier-aws-a term 1", "courier-aws-b term 2", "courier-gcp term 3"]);
    // The power cut ends the first one's leadership, but nobody tells the lease.
    expect(leaders?.segments[0]?.to).toBe(seconds(6));
    expect(lease?.segments[0]?.to).toBe(lease?.segments[1]?.from);
  });

  it("knows when hosts were down and when they stood still", () => {
    const told = data.outages.map(({ host, kind, from, to }) => [data.hosts[host]?.id, kind, from, to]);
    expect(told).toEqual([
      ["courier-aws-a", "down", seconds(6), seconds(8)],
      ["courier-gcp", "paused", seconds(16), seconds(18)],
    ]);
  });

  it("knows whom each fault struck, and which had no effect", () => {
    const power = data.faults.find(({ id }) => id === "power");
    expect(power).toMatchObject({
      kind: "crash",
      from: seconds(6),
      to: seconds(8),
      fired: seconds(6),
      onHosts: true,
    });
    expect(power?.hosts.map((host) => data.hosts[host]?.id)).toEqual(["courier-aws-a"]);
    const rift = data.faults.find(({ id }) => id === "rift");
    expect(rift?.hosts).toHaveLength(4);
    expect(rift?.onHosts).toBe(false);
    expect(data.faults.find(({ id }) => id === "skew")?.fired).toBe(-1);
  });

  it("says what it left out, and never leaves out what led to a violation", () => {
    const { data: few, cut } = diagramFor(run, 300);
    expect(few.facts.id.length + few.packets.id.length).toBeLessThanOrEqual(300);
    expect(cut.join(" ")).toContain(
      `of ${(data.facts.id.length + data.packets.id.length).toLocaleString("en")} facts and messages`,
    );
    const model = new Model(few);
    for (const { evidence } of few.violations) {
      for (const id of evidence) expect(model.factStep(id)).toBeDefined();
    }
  });
});

describe("stepping", () => {
  it("goes forwards and back over what is shown", () => {
    const model = new Model(data);
    const [first, second] = data.steps;
    expect(model.next(first, 1)).toBe(second);
    expect(model.next(second, -1)).toBe(first);
    expect(model.next(first, -1)).toBe(first);
    expect(model.next(data.steps.at(-1), 1)).toBe(data.steps.at(-1));
  });

  it("stays on the same host when asked to", () => {
    const model = new Model(data);
    let step = data.steps[0];
    for (let i = 0; i < 20; i++) {
      const next = model.next(step, 1, true);
      expect(model.hostOf(next ?? -1)).toBe(model.hostOf(step ?? -1));
      step = next;
    }
  });

  it("finds its way back into what is shown from a step that is hidden", () => {
    const model = new Model(data);
    const hidden = data.steps.find((step) => model.labelOf(step) === "beat");
    model.apply({ ...EVERYTHING, messages: new Set(["beat"]) });
    const next = model.next(hidden, 1);
    expect(next).not.toBe(hidden);
    expect(model.isVisible(next ?? -1)).toBe(true);
  });

  it("follows a message to its other end and back", () => {
    const model = new Model(data);
    for (const step of data.steps) {
      const other = model.otherEnd(step);
      if (model.kindOf(step) === "fact") expect(other).toBeUndefined();
      else {
        expect(model.kindOf(other ?? -1)).not.toBe(model.kindOf(step));
        expect(data.packets.id[model.rowOf(other ?? -1)]).toBe(data.packets.id[model.rowOf(step)]);
      }
    }
  });

  it("has a name for every step that leads back to it", () => {
    const model = new Model(data);
    for (const step of data.steps) expect(model.stepNamed(model.nameOf(step))).toBe(step);
    expect(model.stepNamed("f99999")).toBeUndefined();
    expect(model.stepNamed("nonsense")).toBeUndefined();
  });
});

describe("filters", () => {
  it("hide hosts with all that they sent and received", () => {
    const model = new Model(data);
    const shop = data.hosts.findIndex(({ id }) => id === "shop-1");
    model.apply({ ...EVERYTHING, hosts: new Set([shop]) });
    for (const step of model.visible) {
      expect(model.hostOf(step)).not.toBe(shop);
      const other = model.otherEnd(step);
      if (other !== undefined) expect(model.hostOf(other)).not.toBe(shop);
    }
  });

  it("hide kinds of facts and of messages apart from each other", () => {
    const model = new Model(data);
    model.apply({ ...EVERYTHING, facts: new Set(["durable"]), messages: new Set(["beat"]) });
    const labels = new Set(model.visible.map((step) => model.labelOf(step)));
    expect(labels.has("durable") || labels.has("beat")).toBe(false);
    expect(labels.has("orders/accept")).toBe(true);
    model.apply(EVERYTHING);
    expect(model.visible).toHaveLength(data.steps.length);
  });

  it("find text in facts and in bodies, whatever its case", () => {
    const model = new Model(data);
    model.apply({ ...EVERYTHING, text: "ORDER-7" });
    expect(model.visible.length).toBeGreaterThan(5);
    expect(model.visible.length).toBeLessThan(60);
  });

  it("leave only what led to the evidence", () => {
    const model = new Model(data);
    model.apply({ ...EVERYTHING, slice: true });
    const names = shown(model);
    for (const id of model.evidence.keys()) expect(names).toContain(`f${id}`);
    expect(names.length).toBeGreaterThan(model.evidence.size);
    expect(names.length).toBeLessThan(data.steps.length / 4);
  });
});

describe("causes", () => {
  it("lead back along the messages that carried them", () => {
    const model = new Model(data);
    const delivered = data.facts.kind.findIndex((kind) => data.facts.kinds[kind] === "deliver");
    const [carrier] = model.carriersOf(delivered);
    expect(data.packets.names[data.packets.name[carrier ?? -1] ?? -1]).toBe("orders/hand-over");
    expect(data.packets.to[carrier ?? -1]).toBe(data.facts.host[delivered]);
  });

  it("are told both ways", () => {
    const model = new Model(data);
    for (const step of data.steps) {
      if (model.kindOf(step) !== "fact") continue;
      for (const effect of model.effectsOf(step)) expect(model.causeOf(effect)).toBe(step);
    }
  });
});

describe("rows", () => {
  it("have a heading for each provider, and no two hosts on one line", () => {
    const { rows, middles } = rowsOf(data, new Set(), true);
    expect(rows.flatMap((row) => (row.type === "heading" ? [row.text] : []))).toEqual([
      ...["storm", "leaders", "leases"],
      ...["aws", "gcp", "azure", "internet", "external"],
    ]);
    expect(new Set(middles).size).toBe(data.hosts.length);
    rows.forEach((row, i) => {
      const above = rows[i - 1];
      if (above !== undefined) expect(row.y).toBe(above.y + above.height);
    });
  });

  it("leave out hosts that are hidden, and the heading of a provider that has none left", () => {
    const { rows, middles } = rowsOf(data, new Set([2]), true);
    expect(middles[2]).toBe(-1);
    expect(rows.some((row) => row.type === "heading" && row.text === "gcp")).toBe(false);
  });

  it("have a thin one for the disk of each host where something happened on it, unless disks are hidden", async () => {
    const run = await recordedRun(toyStorm, toyCalm);
    const { data: withDisks } = diagramFor(run);
    const hosts = (disks: boolean): string[] =>
      rowsOf(withDisks, new Set(), disks).rows.flatMap((row, i, all) => {
        if (row.type !== "disk") return [];
        expect(all[i - 1]).toMatchObject({ type: "host", host: row.host });
        return [withDisks.hosts[row.host]?.id ?? ""];
      });
    expect(hosts(true)).toEqual(["ledger"]);
    expect(hosts(false)).toEqual([]);
    const ledger = withDisks.hosts.findIndex(({ id }) => id === "ledger");
    expect(rowsOf(withDisks, new Set([ledger]), true).rows.some(({ type }) => type === "disk")).toBe(false);
  });

  it("put stretches that overlap below each other", () => {
    const stretches = [
      { from: 0, to: 10 },
      { from: 5, to: 7 },
      { from: 7, to: 9 },
      { from: 10, to: 20 },
    ];
    expect(packed(stretches)).toEqual([
      [0, 3],
      [1, 2],
    ]);
  });
});
