/** The few words that stand beside the pointer. */
import { DISK } from "../data.js";
import type { Model } from "./model.js";
import type { Picked } from "./pick.js";
import { element } from "./surface.js";
import { length, seconds } from "./view.js";

const OUTCOMES = ["", "dropped", "lost with its receiver", "still on its way at the end"] as const;

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
    case "disk":
      return diskTip(model, picked.row);
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
  const outcome = OUTCOMES[packets.outcome[row] ?? 0] ?? "";
  const type = packets.type[row] === 2 ? " (reply)" : "";
  return [
    strong(`${model.labelOf(step)}${type}`),
    line(`${from} → ${to}`),
    line(`${seconds(sent)} s${outcome === "" ? `, took ${length(end - sent)}` : `, ${outcome}`}`),
  ];
}

const KINDS = ["write", "truncation", "fsync", "renaming", "removal", "power lost", "wiped"] as const;
const DISK_OUTCOMES: readonly (readonly string[])[] = [
  [
    "not synced when the run ended",
    "on the medium",
    "torn by a crash",
    "lost in a crash",
    "dropped by a failed fsync",
  ],
  [
    "not synced when the run ended",
    "on the medium",
    "torn by a crash",
    "lost in a crash",
    "dropped by a failed fsync",
  ],
  ["not over when the run ended", "done", "", "cut off by a crash", "failed"],
];

function diskTip(model: Model, row: number): Node[] {
  const { disks, hosts } = model.data;
  const kind = disks.kind[row] ?? 0;
  const [at, end] = [disks.at[row] ?? 0, disks.end[row] ?? 0];
  const count = disks.count[row] ?? 1;
  const bytes = disks.bytes[row] ?? 0;
  const note = disks.note[row] ?? "";
  const file = disks.files[disks.file[row] ?? -1] ?? "";
  const title = [
    `${KINDS[kind] ?? ""}${count > 1 ? ` ×${count}` : ""}`,
    ...(file === "" ? [] : [file]),
    ...(kind === DISK.rename ? [`to ${note}`] : []),
  ].join(" ");
  const crash = note === "" ? "nothing was lost" : note;
  const outcome = kind === DISK.crash ? crash : (DISK_OUTCOMES[kind]?.[disks.outcome[row] ?? 0] ?? "");
  return [
    strong(title),
    ...(outcome === "" ? [] : [line(outcome)]),
    line(
      `${hosts[disks.host[row] ?? -1]?.id ?? ""} at ${seconds(at)} s${end > at ? `, took ${length(end - at)}` : ""}`,
    ),
    ...(bytes > 0 ? [line(`${bytes} bytes`)] : []),
  ];
}

function strong(text: string): Node {
  return element("strong", "", text);
}

function line(text: string): Node {
  return element("div", "", text);
}
