/** What happened in a program, for the properties: a line of JSON on its standard output. */
export function note(what: string, fields: Readonly<Record<string, string | number | boolean>> = {}): void {
  console.log(JSON.stringify({ what, ...fields }));
}
