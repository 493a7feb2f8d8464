/**
 * What a system measures of one run for its readers: tables and courses over time, read out of the history alone. Reports
 * print and draw them and know nothing of what they are about.
 */
import type { Micros } from "../sim/time.js";

export interface MeasuredTable {
  readonly title: string;
  /** What is to be known to read it, in a sentence or two. */
  readonly note?: string;
  readonly columns: readonly string[];
  /** As many cells as there are columns. */
  readonly rows: readonly (readonly string[])[];
}

/** A value that stays as it is until it changes. */
export interface Course {
  readonly name: string;
  readonly steps: readonly { readonly at: Micros; readonly value: number }[];
}

/** Courses with one scale. */
export interface MeasuredCourses {
  readonly title: string;
  readonly note?: string;
  readonly courses: readonly Course[];
}

export interface Measurements {
  readonly tables: readonly MeasuredTable[];
  readonly courses: readonly MeasuredCourses[];
}
