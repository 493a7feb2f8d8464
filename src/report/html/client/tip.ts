/** The few words that stand beside the pointer. */
import type { Model } from "./model.js";
import type { Picked } from "./pick.js";
import { element } from "./surface.js";
import { length, seconds } from "./view.js";

const FATES = ["", "dropped", "lost with its receiver", "still on its way at the end"] as const;

export function tipFor(model: Model, picked: Picked): Node[] {
  switch (picked.type) {
    case "step":
      return model.kindOf(picked.step) === "fact"
        ? factTip(model, picked.step)
        : packetTip(model, picked.step);
    case "fault": {
      const fault = model.data.faults[picked.fault];
      if (fault === undefined) return [];
      const fired = fault.fired < 0 ? "had no effect" : `first struck at ${seconds(fault.fired, 3)} s`;
      const lasted =
        fault.to > fault.from ? ` – ${seconds(fault.to, 3)} s (${length(fault.to - fault.from)})` : "";
      return [strong(fault.text), line(`${seconds(fault.from, 3)} s${lasted}`), line(fired)];
    }
    case "segment": {
      const strip = model.data.strips[picked.strip];
      const segment = strip?.segments[picked.segment];
      if (strip === undefined || segment === undefined) return [];
      const verb = strip.kind === "leader" ? "leads" : "holds";
      return [
        strong(`${segment.holder} ${verb} ${strip.title}`),
        line(segment.number),
        line(
          `${seconds(segment.from, 3)} – ${seconds(segment.to, 3)} s (${length(segment.to - segment.from)})`,
        ),
      ];
    }
  }
}

function factTip(model: Model, step: number): Node[] {
  const row = model.rowOf(step);
  const host = model.data.hosts[model.hostOf(step)]?.id ?? "world";
  const evidence = model.evidence.get(model.data.facts.id[row] ?? -1);
  return [
    strong(model.data.facts.text[row] ?? ""),
    line(`${host} at ${seconds(model.atOf(step))} s`),
    ...(evidence === undefined ? [] : [line(`evidence: ${evidence}`)]),
  ];
}

function packetTip(model: Model, step: number): Node[] {
  const { packets, hosts } = model.data;
  const row = model.rowOf(step);
  const from = hosts[packets.from[row] ?? -1]?.id ?? "";
  const to = hosts[packets.to[row] ?? -1]?.id ?? "";
  const sent = packets.sent[row] ?? 0;
  const end = packets.end[row] ?? 0;
  const fate = FATES[packets.fate[row] ?? 0] ?? "";
  const type = packets.type[row] === 2 ? " (reply)" : "";
  return [
    strong(`${model.labelOf(step)}${type}`),
    line(`${from} → ${to}`),
    line(`${seconds(sent)} s${fate === "" ? `, took ${length(end - sent)}` : `, ${fate}`}`),
  ];
}

function strong(text: string): Node {
  return element("strong", "", text);
}

function line(text: string): Node {
  return element("div", "", text);
}
