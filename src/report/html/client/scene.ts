/**
 * What is drawn where at one moment: the model, the window of time and the part of the rows that can be seen. Drawing and
 * picking both ask it, so that what is hit is what is seen.
 */
import { lowerBound, type Model } from "./model.js";
import type { Rows } from "./rows.js";
import type { View } from "./view.js";

/** Height of the time axis above the rows. */
export const AXIS = 26;

export class Scene {
  constructor(
    readonly model: Model,
    readonly rows: Rows,
    readonly view: View,
    /** CSS pixels of the canvas. */
    readonly width: number,
    readonly height: number,
    /** How far the rows are scrolled up. */
    readonly scroll: number,
  ) {}

  x(at: number): number {
    return ((at - this.view.from) / (this.view.to - this.view.from)) * this.width;
  }

  timeAt(x: number): number {
    return this.view.from + (x / this.width) * (this.view.to - this.view.from);
  }

  /** Where a row's own coordinate is on the canvas. */
  y(row: number): number {
    return AXIS + row - this.scroll;
  }

  /** Middle of a host's row on the canvas; the world's for -1. NaN when the host is not shown. */
  laneY(host: number): number {
    if (host < 0) return this.y(this.rows.world);
    const middle = this.rows.middles[host] ?? -1;
    return middle < 0 ? Number.NaN : this.y(middle);
  }

  /** Rows of facts within the window that are shown. */
  visibleFacts(): number[] {
    const { at } = this.model.data.facts;
    const result: number[] = [];
    const slack = this.#slack();
    for (let row = lowerBound(at, this.view.from - slack); row < at.length; row++) {
      if ((at[row] ?? 0) > this.view.to + slack) break;
      if (this.model.factVisible[row] === 1) result.push(row);
    }
    return result;
  }

  /** Rows of operations on disks within the window. */
  visibleOperations(): number[] {
    const { at } = this.model.data.disks;
    const { latestDiskEnd } = this.model;
    const result: number[] = [];
    const slack = this.#slack();
    for (let row = lowerBound(latestDiskEnd, this.view.from - slack); row < at.length; row++) {
      if ((at[row] ?? 0) > this.view.to + slack) break;
      result.push(row);
    }
    return result;
  }

  /** Rows of packets that were on their way within the window and are shown. */
  visiblePackets(): number[] {
    const { sent, end } = this.model.data.packets;
    const result: number[] = [];
    for (let row = lowerBound(this.model.latestEnd, this.view.from); row < sent.length; row++) {
      if ((sent[row] ?? 0) > this.view.to) break;
      if ((end[row] ?? 0) >= this.view.from && this.model.packetVisible[row] === 1) result.push(row);
    }
    return result;
  }

  /** Marks just beyond the edge still reach into the picture. */
  #slack(): number {
    return ((this.view.to - this.view.from) / Math.max(1, this.width)) * 8;
  }
}
