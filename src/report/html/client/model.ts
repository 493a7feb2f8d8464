/**
 * The run as the diagram looks it up: which steps are shown under a filter, what stands where, what caused what. It
 * knows nothing of pixels and of pages.
 */
import type { DiagramData } from "../data.js";

/** What a step is: a fact, or one end of a packet. Rows are those of the tables. */
export type StepKind = "fact" | "sent" | "end";

export interface Filter {
  /** Indexes of hosts that are not shown. */
  readonly hosts: ReadonlySet<number>;
  /** Kinds of facts that are not shown. */
  readonly facts: ReadonlySet<string>;
  /** Names of messages that are not shown. */
  readonly messages: ReadonlySet<string>;
  /** Only what has this text in it, whatever its case; empty for everything. */
  readonly text: string;
  /** Only what led to the evidence, and the evidence. */
  readonly slice: boolean;
  /** Whether disks have rows. */
  readonly disks: boolean;
}

export const EVERYTHING: Filter = {
  hosts: new Set(),
  facts: new Set(),
  messages: new Set(),
  text: "",
  slice: false,
  disks: true,
};

const KINDS = ["fact", "sent", "end"] as const;

export class Model {
  readonly data: DiagramData;
  /** The latest end of the packets so far, by row: packets before a row whose end is earlier can be passed over. */
  readonly latestEnd: readonly number[];
  /** The same for operations on disks. */
  readonly latestDiskEnd: readonly number[];
  readonly factVisible: Uint8Array;
  readonly packetVisible: Uint8Array;
  /** Evidence of the violations by fact id: `G8 2/3`. */
  readonly evidence = new Map<number, string>();

  /** Steps that are shown, in order. */
  visible: readonly number[];
  filter: Filter = EVERYTHING;

  readonly #rowOfFact = new Map<number, number>();
  readonly #rowOfPacket = new Map<number, number>();
  readonly #factsByCause: ReadonlyMap<number, readonly number[]>;
  readonly #packetsByCause: ReadonlyMap<number, readonly number[]>;
  readonly #position = new Map<number, number>();
  /** Worked out when it is first asked for. */
  #slice: ReadonlySet<number> | undefined;

  constructor(data: DiagramData) {
    this.data = data;
    const { facts, packets } = data;
    this.latestEnd = highestSoFar(packets.end);
    this.latestDiskEnd = highestSoFar(data.disks.end);
    this.factVisible = new Uint8Array(facts.id.length).fill(1);
    this.packetVisible = new Uint8Array(packets.id.length).fill(1);
    facts.id.forEach((id, row) => {
      this.#rowOfFact.set(id, row);
    });
    packets.id.forEach((id, row) => {
      if (packets.copy[row] === 0) this.#rowOfPacket.set(id, row);
    });
    data.steps.forEach((step, i) => {
      this.#position.set(step, i);
    });
    this.#factsByCause = byValue(facts.cause);
    this.#packetsByCause = byValue(packets.cause);
    for (const { property, evidence } of data.violations) {
      evidence.forEach((id, i) => {
        const label = `${property} ${i + 1}/${evidence.length}`;
        const before = this.evidence.get(id);
        this.evidence.set(id, before === undefined ? label : `${before}, ${label}`);
      });
    }
    this.visible = data.steps;
  }

  kindOf(step: number): StepKind {
    return KINDS[step % 3] as StepKind; // one of three
  }

  rowOf(step: number): number {
    return Math.floor(step / 3);
  }

  atOf(step: number): number {
    const row = this.rowOf(step);
    const { facts, packets } = this.data;
    switch (this.kindOf(step)) {
      case "fact":
        return facts.at[row] ?? 0;
      case "sent":
        return packets.sent[row] ?? 0;
      case "end":
        return packets.end[row] ?? 0;
    }
  }

  /** Index of the host where it happened; -1 for the world. */
  hostOf(step: number): number {
    const row = this.rowOf(step);
    const { facts, packets } = this.data;
    switch (this.kindOf(step)) {
      case "fact":
        return facts.host[row] ?? -1;
      case "sent":
        return packets.from[row] ?? -1;
      case "end":
        return packets.to[row] ?? -1;
    }
  }

  /** A fact's kind or a message's name. */
  labelOf(step: number): string {
    const row = this.rowOf(step);
    const { facts, packets } = this.data;
    if (this.kindOf(step) === "fact") return facts.kinds[facts.kind[row] ?? 0] ?? "";
    return packets.names[packets.name[row] ?? 0] ?? "";
  }

  /** A name that is the same whatever else is drawn: `f12` for a fact, `m7s` and `m7e` for the ends of a packet. */
  nameOf(step: number): string {
    const row = this.rowOf(step);
    const { facts, packets } = this.data;
    if (this.kindOf(step) === "fact") return `f${facts.id[row]}`;
    const copy = packets.copy[row] ?? 0;
    return `m${packets.id[row]}${this.kindOf(step) === "sent" ? "s" : "e"}${copy === 0 ? "" : copy}`;
  }

  stepNamed(name: string): number | undefined {
    const match = /^(?:f(\d+)|m(\d+)([se])(\d*))$/.exec(name);
    if (match === null) return undefined;
    const [, fact, packet, end, copy = ""] = match;
    if (fact !== undefined) {
      const row = this.#rowOfFact.get(Number(fact));
      return row === undefined ? undefined : 3 * row;
    }
    let row = this.#rowOfPacket.get(Number(packet));
    if (row !== undefined && copy !== "") {
      const { id, copy: copies } = this.data.packets;
      row = id.findIndex((other, i) => other === Number(packet) && copies[i] === Number(copy));
    }
    return row === undefined || row < 0 ? undefined : 3 * row + (end === "s" ? 1 : 2);
  }

  factStep(id: number): number | undefined {
    const row = this.#rowOfFact.get(id);
    return row === undefined ? undefined : 3 * row;
  }

  /** The other end of a packet; undefined for a fact. */
  otherEnd(step: number): number | undefined {
    const row = this.rowOf(step);
    switch (this.kindOf(step)) {
      case "fact":
        return undefined;
      case "sent":
        return 3 * row + 2;
      case "end":
        return this.sendingOf(row);
    }
  }

  /** The step at which a packet was sent; copies share that of the first. */
  sendingOf(row: number): number | undefined {
    const first = this.#rowOfPacket.get(this.data.packets.id[row] ?? -1);
    return first === undefined ? undefined : 3 * first + 1;
  }

  /** What it is a consequence of: the fact that caused it; undefined when nothing did, or it isn't drawn. */
  causeOf(step: number): number | undefined {
    const row = this.rowOf(step);
    const { facts, packets } = this.data;
    if (this.kindOf(step) === "end") return this.sendingOf(row);
    const cause = this.kindOf(step) === "fact" ? facts.cause[row] : packets.cause[row];
    return cause === undefined ? undefined : this.factStep(cause);
  }

  /** Facts and sendings that are a consequence of a fact, in order. */
  effectsOf(step: number): readonly number[] {
    if (this.kindOf(step) !== "fact") return [];
    const id = this.data.facts.id[this.rowOf(step)] ?? -1;
    const facts = (this.#factsByCause.get(id) ?? []).map((row) => 3 * row);
    const packets = (this.#packetsByCause.get(id) ?? []).flatMap((row) => {
      return this.data.packets.copy[row] === 0 ? [3 * row + 1] : [];
    });
    return [...facts, ...packets].sort((a, b) => this.#place(a) - this.#place(b));
  }

  /** The packets that carried a fact's cause to the host of the fact, the last one first; none when it never left. */
  carriersOf(factRow: number): number[] {
    const { facts, packets } = this.data;
    const cause = this.factStep(facts.cause[factRow] ?? -1);
    if (cause === undefined) return [];
    const candidates = this.#packetsByCause.get(facts.cause[factRow] ?? -1) ?? [];
    const origin = this.hostOf(cause);
    const carriers: number[] = [];
    let host = facts.host[factRow] ?? -1;
    let at = facts.at[factRow] ?? 0;
    // Where it stayed, it came back only if something arrived at that very moment.
    let exactly = host === origin;
    for (;;) {
      if (host === origin && !exactly) return carriers;
      const arrived = candidates.findLast((row) => {
        const end = packets.end[row] ?? 0;
        return (
          packets.outcome[row] === 0 &&
          packets.to[row] === host &&
          (exactly ? end === at : end <= at) &&
          !carriers.includes(row)
        );
      });
      if (arrived === undefined) return carriers;
      carriers.push(arrived);
      host = packets.from[arrived] ?? -1;
      at = packets.sent[arrived] ?? 0;
      exactly = false;
    }
  }

  /** The evidence of all violations with everything that it is a consequence of, packets included. */
  slice(): ReadonlySet<number> {
    if (this.#slice !== undefined) return this.#slice;
    const steps = new Set<number>();
    for (const id of this.evidence.keys()) {
      let step = this.factStep(id);
      while (step !== undefined && !steps.has(step)) {
        steps.add(step);
        for (const row of this.carriersOf(this.rowOf(step))) {
          const sending = this.sendingOf(row);
          if (sending !== undefined) steps.add(sending);
          steps.add(3 * row + 2);
        }
        step = this.causeOf(step);
      }
    }
    this.#slice = steps;
    return steps;
  }

  apply(filter: Filter): void {
    this.filter = filter;
    const { facts, packets, steps } = this.data;
    const slice = filter.slice ? this.slice() : undefined;
    const text = filter.text.toLowerCase();
    const hiddenFacts = facts.kinds.map((kind) => filter.facts.has(kind));
    const hiddenNames = packets.names.map((name) => filter.messages.has(name));
    for (let row = 0; row < this.factVisible.length; row++) {
      const shown =
        !filter.hosts.has(facts.host[row] ?? -1) &&
        hiddenFacts[facts.kind[row] ?? 0] !== true &&
        (slice === undefined || slice.has(3 * row)) &&
        (text === "" || `${facts.text[row]} ${facts.detail[row]}`.toLowerCase().includes(text));
      this.factVisible[row] = shown ? 1 : 0;
    }
    for (let row = 0; row < this.packetVisible.length; row++) {
      const name = packets.name[row] ?? 0;
      const shown =
        !filter.hosts.has(packets.from[row] ?? -1) &&
        !filter.hosts.has(packets.to[row] ?? -1) &&
        hiddenNames[name] !== true &&
        (slice === undefined || slice.has(3 * row + 2)) &&
        (text === "" || `${packets.names[name]} ${packets.body[row]}`.toLowerCase().includes(text));
      this.packetVisible[row] = shown ? 1 : 0;
    }
    this.visible = steps.filter((step) => this.isVisible(step));
  }

  isVisible(step: number): boolean {
    const row = this.rowOf(step);
    if (this.kindOf(step) === "fact") return this.factVisible[row] === 1;
    return this.packetVisible[row] === 1;
  }

  /** The next step that is shown, forwards (1) or backwards (-1); on the same host only, if asked. The same step at an end. */
  next(from: number | undefined, direction: 1 | -1, sameHost = false): number | undefined {
    const place = from === undefined ? -1 : this.#place(from);
    const host = from === undefined ? -1 : this.hostOf(from);
    let i = direction === 1 ? this.#firstAfter(place) : this.#firstAfter(place - 1) - 1;
    for (; i >= 0 && i < this.visible.length; i += direction) {
      const step = this.visible[i];
      if (step !== undefined && (!sameHost || this.hostOf(step) === host)) return step;
    }
    return from;
  }

  /** The first step shown at or after a moment. */
  firstFrom(at: number): number | undefined {
    return this.visible.find((step) => this.atOf(step) >= at) ?? this.visible.at(-1);
  }

  /** Position of a step in the order of all of them. */
  #place(step: number): number {
    return this.#position.get(step) ?? -1;
  }

  /** Index of the first visible step whose place is after this one. */
  #firstAfter(place: number): number {
    let low = 0;
    let high = this.visible.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#place(this.visible[middle] ?? 0) <= place) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function highestSoFar(values: readonly number[]): number[] {
  let highest = 0;
  return values.map((value) => {
    highest = Math.max(highest, value);
    return highest;
  });
}

function byValue(values: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const rows = new Map<number, number[]>();
  values.forEach((value, row) => {
    const own = rows.get(value);
    if (own === undefined) rows.set(value, [row]);
    else own.push(row);
  });
  return rows;
}

/** Index of the first value that is not below `limit`, in ascending values. */
export function lowerBound(ascending: readonly number[], limit: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? 0) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}
