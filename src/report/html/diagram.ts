/**
 * The data of a space-time diagram: hosts in the order in which they are drawn, facts and packets as columns, all
 * that happened in one order, and what lasted. Of a run with more than `limit` facts and packets a part is taken: see
 * the cut.
 */

import type { HistoryEvent } from "../../sim/history.js";
import type { Micros } from "../../sim/time.js";
import { asBegun } from "../../sim/triggers.js";
import type { Outcome } from "../../storm/scenario.js";
import type { DiskLog } from "../disk-recorder.js";
import { factText } from "../loss-text.js";
import type { PacketEnd, PacketLog, RecordedMachine, RecordedPacket } from "../recorder.js";
import { cutSentences, cutTo } from "./cut.js";
import type {
  DiagramData,
  FactTable,
  HostRow,
  Mark,
  PacketOutcome,
  PacketTable,
  PacketType,
} from "./data.js";
import { disksOf } from "./disks.js";
import { plainJson } from "./plain.js";
import { faultBandsOf, outagesOf, stripsOf } from "./strips.js";

/** Facts and packets that one page draws. */
export const DRAWN_ITEMS = 20_000;

const DETAIL_CHARACTERS = 700;
const BODY_CHARACTERS = 300;

export interface DiagramInput {
  readonly outcome: Outcome;
  readonly packets: PacketLog;
  readonly disks: DiskLog;
  /** Ids of properties whose violation the scenario declares. */
  readonly declared: readonly string[];
  /** Facts and packets that are drawn. Default `DRAWN_ITEMS`. */
  readonly limit?: number;
  /** The moment around which everything is drawn, if not everything is. Default: the first violation, else the first fault. */
  readonly focus?: Micros;
  readonly marks?: readonly Mark[];
}

export interface Diagram {
  readonly data: DiagramData;
  /** What is not in it, as sentences; none when everything is. */
  readonly cut: readonly string[];
}

/** One copy of a packet. */
interface Copy {
  readonly packet: RecordedPacket;
  readonly end: PacketEnd;
  readonly number: number;
}

export function diagramOf({
  outcome,
  packets,
  disks,
  declared,
  limit = DRAWN_ITEMS,
  focus = focusOf(outcome),
  marks = [],
}: DiagramInput): Diagram {
  const { history, plan, virtualTime } = outcome;
  const machines = inRows(machinesOf(outcome, packets));
  const hostIndex = new Map(machines.map(({ id }, index) => [id, index]));
  const copies = packets.packets.flatMap((packet) =>
    packet.ends.map((end, number): Copy => ({ packet, end, number })),
  );
  const needed = evidenceAndCauses(outcome);
  const items = [
    ...history.map(({ kind, at }, id) => ({ label: kind, at, needed: needed.has(id) })),
    ...copies.map(({ packet }) => ({ label: packet.name, at: packet.sent.at, needed: false })),
  ];
  const cut = cutTo(limit, items, focus);
  const drawnDisks = disksOf(disks, hostIndex, limit, focus);
  const facts = history.filter((_, id) => cut.drawn[id]);
  const drawnCopies = copies.filter((_, i) => cut.drawn[history.length + i]);
  const packetIds = new Map(drawnCopies.map((copy, row) => [copy, row]));
  const unrecorded = [...packets.unrecorded].map(([name, n]) => `${n} ${name}`);
  return {
    data: {
      duration: virtualTime,
      healAt: plan.healAt,
      hosts: machines.map(rowOf),
      facts: factTable(outcome, facts, hostIndex),
      packets: packetTable(drawnCopies, hostIndex),
      steps: stepsOf(facts, packetIds),
      faults: faultBandsOf(asBegun(plan.faults, history, plan.topology), history, machines, virtualTime),
      strips: stripsOf(history, hostIndex, virtualTime),
      outages: outagesOf(history, hostIndex, virtualTime),
      disks: drawnDisks.table,
      marks,
      violations: outcome.violations.map(({ property, at, message, evidence }) => ({
        property,
        at,
        message,
        evidence,
        declared: declared.includes(property),
      })),
      total: items.length,
    },
    cut: [
      ...cutSentences(cut),
      ...drawnDisks.cut,
      ...(unrecorded.length === 0
        ? []
        : [`Not recorded, because the run sent too many: ${unrecorded.join(", ")}.`]),
    ],
  };
}

/** The machines of the log; without one, what the plan and the history name. */
function machinesOf(outcome: Outcome, { machines }: PacketLog): readonly RecordedMachine[] {
  if (machines.length > 0) return machines;
  return outcome.plan.topology.map(({ id, domain, role }) => ({ id, domain, role, external: false }));
}

/** Machines of one provider, region and zone next to each other, otherwise in the order in which they came. */
function inRows(machines: readonly RecordedMachine[]): RecordedMachine[] {
  const rank = new Map<string, number>();
  const ranked = (name: string): number => {
    const known = rank.get(name) ?? rank.size;
    rank.set(name, known);
    return known;
  };
  const keys = machines.map(({ domain: { provider, region, zone } }) => [
    ranked(provider),
    ranked(`${provider}/${region}`),
    ranked(`${provider}/${region}/${zone ?? ""}`),
  ]);
  return machines
    .map((machine, i) => ({ machine, key: keys[i] ?? [], i }))
    .sort((a, b) => {
      for (let level = 0; level < 3; level++) {
        const difference = (a.key[level] ?? 0) - (b.key[level] ?? 0);
        if (difference !== 0) return difference;
      }
      return a.i - b.i;
    })
    .map(({ machine }) => machine);
}

function rowOf({ id, role, domain }: RecordedMachine): HostRow {
  return { id, role, provider: domain.provider, region: domain.region, zone: domain.zone ?? "" };
}

/** Positions of all evidence and of everything that it is a consequence of. */
function evidenceAndCauses({ history, violations }: Outcome): ReadonlySet<number> {
  const needed = new Set<number>();
  for (const { evidence } of violations) {
    for (const id of evidence) {
      let position = id;
      while (position >= 0 && !needed.has(position) && history[position] !== undefined) {
        needed.add(position);
        position = history[position]?.cause ?? -1;
      }
    }
  }
  return needed;
}

/** The first violation, else the first fault, else the beginning. */
function focusOf({ violations, plan, history }: Outcome): Micros {
  const faults = asBegun(plan.faults, history, plan.topology);
  return violations[0]?.at ?? faults.reduce((first, { at }) => Math.min(first, at), plan.healAt);
}

function factTable(
  outcome: Outcome,
  facts: readonly HistoryEvent[],
  hostIndex: ReadonlyMap<string, number>,
): FactTable {
  const kinds = [...new Set(facts.map(({ kind }) => kind))];
  return {
    kinds,
    id: facts.map(({ id }) => id),
    at: facts.map(({ at }) => at),
    host: facts.map(({ host }) => hostIndex.get(host) ?? -1),
    kind: facts.map(({ kind }) => kinds.indexOf(kind)),
    cause: facts.map(({ cause }) => cause),
    text: facts.map((event) => factText(outcome, event)),
    detail: facts.map(({ id: _id, at: _at, host: _host, cause: _cause, ...fact }) => {
      return plainJson(fact, DETAIL_CHARACTERS);
    }),
  };
}

const TYPES: Readonly<Record<RecordedPacket["kind"], PacketType>> = { message: 0, request: 1, reply: 2 };
const OUTCOMES: Readonly<Record<PacketEnd["outcome"], PacketOutcome>> = {
  delivered: 0,
  dropped: 1,
  orphaned: 2,
  flying: 3,
};

function packetTable(copies: readonly Copy[], hostIndex: ReadonlyMap<string, number>): PacketTable {
  const names = [...new Set(copies.map(({ packet }) => packet.name))];
  const nameIndex = new Map(names.map((name, index) => [name, index]));
  return {
    names,
    id: copies.map(({ packet }) => packet.id),
    name: copies.map(({ packet }) => nameIndex.get(packet.name) ?? 0),
    type: copies.map(({ packet }) => TYPES[packet.kind]),
    from: copies.map(({ packet }) => hostIndex.get(packet.from) ?? -1),
    to: copies.map(({ packet }) => hostIndex.get(packet.to) ?? -1),
    sent: copies.map(({ packet }) => packet.sent.at),
    end: copies.map(({ end }) => end.at),
    outcome: copies.map(({ end }) => OUTCOMES[end.outcome]),
    copy: copies.map(({ number }) => number),
    cause: copies.map(({ packet }) => packet.cause),
    bytes: copies.map(({ packet }) => packet.bytes),
    body: copies.map(({ packet }) => plainJson(packet.body, BODY_CHARACTERS)),
  };
}

/** Facts and both ends of packets in the order in which they happened. Only the first copy has a step for its sending. */
function stepsOf(facts: readonly HistoryEvent[], copies: ReadonlyMap<Copy, number>): number[] {
  const steps: { readonly step: number; readonly facts: number; readonly sequence: number }[] = [];
  facts.forEach(({ id }, row) => {
    // A fact comes after the packets' events that were recorded before it was written.
    steps.push({ step: 3 * row, facts: id, sequence: Number.POSITIVE_INFINITY });
  });
  for (const [{ packet, end, number }, row] of copies) {
    if (number === 0)
      steps.push({ step: 3 * row + 1, facts: packet.sent.facts, sequence: packet.sent.sequence });
    steps.push({ step: 3 * row + 2, facts: end.facts, sequence: end.sequence });
  }
  steps.sort((a, b) => a.facts - b.facts || compare(a.sequence, b.sequence));
  return steps.map(({ step }) => step);
}

/** Infinity minus itself is no number. */
function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
