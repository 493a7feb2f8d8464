/**
 * The stretch of time that is looked at, and how it maps to pixels. Plain arithmetic, without a page: windows are values,
 * and what zooms or pans gives a new one that stays within the run.
 */

export interface View {
  readonly from: number;
  readonly to: number;
}

/** The shortest stretch that can be looked at: some hops within a host. */
export const SHORTEST = 40;

/** The window as it must be to lie within 0 and `duration`: moved if it can be, else shortened. */
export function clamped(view: View, duration: number): View {
  const span = Math.min(Math.max(view.to - view.from, SHORTEST), Math.max(duration, SHORTEST));
  const from = Math.min(Math.max(view.from, 0), Math.max(0, duration - span));
  return { from, to: from + span };
}

/** Magnifies by `factor` so that the moment `at` stays where it is. */
export function zoomed(view: View, at: number, factor: number, duration: number): View {
  const span = Math.min(Math.max((view.to - view.from) / factor, SHORTEST), Math.max(duration, SHORTEST));
  const share = (at - view.from) / (view.to - view.from);
  return clamped({ from: at - share * span, to: at + (1 - share) * span }, duration);
}

export function panned(view: View, by: number, duration: number): View {
  return clamped({ from: view.from + by, to: view.to + by }, duration);
}

/** The window moved as little as needed to show a moment, with some room around it. */
export function showing(view: View, at: number, duration: number): View {
  const span = view.to - view.from;
  const room = span * 0.12;
  if (at >= view.from + room && at <= view.to - room) return view;
  if (at < view.from - span || at > view.to + span) {
    return clamped({ from: at - span / 2, to: at + span / 2 }, duration);
  }
  const from = at < view.from + room ? at - room : at + room - span;
  return clamped({ from, to: from + span }, duration);
}

export interface Tick {
  readonly at: number;
  readonly label: string;
}

/** Round times at least `apart` pixels from each other. */
export function ticks(view: View, width: number, apart: number): Tick[] {
  const step = niceStep(((view.to - view.from) / Math.max(1, width)) * apart);
  const result: Tick[] = [];
  for (let n = Math.ceil(view.from / step); n * step <= view.to; n++) {
    result.push({ at: n * step, label: tickLabel(n * step, step) });
  }
  return result;
}

function niceStep(least: number): number {
  let size = 1;
  while (size < least) {
    for (const factor of [1, 2, 5]) if (size * factor >= least) return size * factor;
    size *= 10;
  }
  return size;
}

/** As many decimals as the distance of ticks needs: `12 s`, `12.4 s`, `12.40215 s`. */
function tickLabel(at: number, step: number): string {
  let decimals = 0;
  for (let unit = 1_000_000; decimals < 6 && step % unit !== 0; unit /= 10) decimals++;
  return `${seconds(at, decimals)} s`;
}

/** Microseconds as seconds, exact to so many decimals. */
export function seconds(at: number, decimals = 6): string {
  const whole = Math.floor(at / 1_000_000);
  if (decimals === 0) return String(whole);
  const rest = String(Math.floor(at % 1_000_000)).padStart(6, "0");
  return `${whole}.${rest.slice(0, decimals)}`;
}

/** A length of time in its handiest unit. */
export function length(micros: number): string {
  if (micros < 1_000) return `${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `${rounded(micros / 1_000)} ms`;
  return `${rounded(micros / 1_000_000)} s`;
}

function rounded(n: number): string {
  return n >= 100 ? String(Math.round(n)) : String(Math.round(n * 100) / 100);
}
