/** The middle one of some measurements; of an even number the upper one, of none 0. */
export const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
