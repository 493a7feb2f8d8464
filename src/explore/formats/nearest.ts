/**
 * Which name was probably meant: the nearest by edits (a letter put in, taken out, replaced, or two swapped),
 * as long as it is near enough to be a slip and not another word.
 */
const LONGEST_COMPARED = 64;

export function nearest(name: string, names: readonly string[]): string | undefined {
  if (name.length > LONGEST_COMPARED) return undefined;
  const wanted = name.toLowerCase();
  const tolerance = Math.max(1, Math.floor(wanted.length / 3));
  let best: string | undefined;
  let bestEdits = tolerance + 1;
  for (const candidate of names) {
    if (candidate.length > LONGEST_COMPARED) continue;
    const edits = editsBetween(wanted, candidate.toLowerCase());
    if (edits < bestEdits) {
      best = candidate;
      bestEdits = edits;
    }
  }
  return best ?? names.find((candidate) => wanted.length >= 3 && candidate.toLowerCase().startsWith(wanted));
}

/** `; did you mean "storm"?`, or what there is to choose from when nothing is near. */
export function suggestion(name: string, names: readonly string[], what: string): string {
  const near = nearest(name, names);
  if (near !== undefined) return `; did you mean "${near}"?`;
  if (names.length === 0) return `; there are no ${what}`;
  const first = names.slice(0, 20).join(", ");
  return `; ${what} are ${names.length > 20 ? `${first} and ${names.length - 20} more` : first}`;
}

function editsBetween(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let edits = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(edits);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
