/** What a thread and those who watch it say to each other while it works, in cells of memory that they share. */

/** The thread counts in this one how many runs it has begun. */
export const BEGUN = 0;
/** Not 0 here: the thread is to begin no more. */
export const STOP = 1;
/** Not 0 while the thread does something else than a run: that may take as long as it likes. */
const RESTING = 2;

export function newCells(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
}

/** Counts a run that begins; false when none may begin any more. */
export function beginRun(cells: Int32Array): boolean {
  if (Atomics.load(cells, STOP) !== 0) return false;
  Atomics.store(cells, RESTING, 0);
  Atomics.add(cells, BEGUN, 1);
  return true;
}

/** The run is over, and the thread goes on. */
export function rest(cells: Int32Array): void {
  Atomics.store(cells, RESTING, 1);
}

export function isResting(cells: Int32Array): boolean {
  return Atomics.load(cells, RESTING) !== 0;
}
