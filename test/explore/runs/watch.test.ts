import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { beginRun, rest } from "../../../src/explore/runs/shared-cells.js";
import { Watch } from "../../../src/explore/runs/watch.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("the watch over a thread", () => {
  it("ends it when a run has gone on for too long, and says that it hangs", () => {
    const end = vi.fn();
    const watched = new Watch({ jobs: 1, hangMs: 1_000 }).over(end);
    beginRun(watched.cells);
    vi.advanceTimersByTime(900);
    beginRun(watched.cells);
    vi.advanceTimersByTime(900);
    expect(end).not.toHaveBeenCalled();
    vi.advanceTimersByTime(300);
    expect(end).toHaveBeenCalled();
    expect(watched.loss(new Error("terminated"))).toEqual({
      kind: "lost",
      why: "hung",
      position: 1,
      message: "the run did not end within 1 s",
    });
    watched.release();
  });

  it("gives it a minute to load what its first run needs", () => {
    const end = vi.fn();
    const watched = new Watch({ jobs: 1, hangMs: 1_000 }).over(end);
    vi.advanceTimersByTime(59_000);
    expect(end).not.toHaveBeenCalled();
    vi.advanceTimersByTime(2_000);
    expect(end).toHaveBeenCalled();
    watched.release();
  });

  it("waits while the thread does something else than a run, and no longer", () => {
    const end = vi.fn();
    const watched = new Watch({ jobs: 1, hangMs: 1_000 }).over(end);
    beginRun(watched.cells);
    rest(watched.cells);
    vi.advanceTimersByTime(120_000);
    expect(end).not.toHaveBeenCalled();
    beginRun(watched.cells);
    vi.advanceTimersByTime(1_200);
    expect(end).toHaveBeenCalled();
    watched.release();
  });

  it("says what a thread died of", () => {
    const watched = new Watch({ jobs: 1 }).over(() => {});
    beginRun(watched.cells);
    expect(watched.loss(new RangeError("out of memory\nmore of it"))).toEqual({
      kind: "lost",
      why: "died",
      position: 0,
      message: "RangeError: out of memory",
    });
    watched.release();
  });

  it("lets no run begin any more once all is to stop", () => {
    const watch = new Watch({ jobs: 1 });
    const watched = watch.over(() => {});
    expect(beginRun(watched.cells)).toBe(true);
    watch.stopAll();
    expect(beginRun(watched.cells)).toBe(false);
    watched.release();
  });
});
