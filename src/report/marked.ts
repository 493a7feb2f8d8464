/** Parts of a document that are generated: they stand between two marks, and are replaced there without touching the rest. */

/** The two lines that a part of this name stands between. */
export function marksOf(name: string): { readonly begin: string; readonly end: string } {
  return { begin: `<!-- ${name}: begin -->`, end: `<!-- ${name}: end -->` };
}

/** The document's lines with a new part in it; undefined when the marks are not in it. */
export function withPart(
  document: string | undefined,
  name: string,
  part: readonly string[],
): string[] | undefined {
  const marks = marksOf(name);
  const lines = document?.split("\n") ?? [];
  const begin = lines.indexOf(marks.begin);
  const end = lines.indexOf(marks.end, begin);
  if (begin < 0 || end < 0) return undefined;
  const after = lines.slice(end + 1);
  while (after.at(-1) === "") after.pop();
  return [...lines.slice(0, begin), marks.begin, ...part, marks.end, ...after];
}
