/** The code and style of HTML reports, bundled afresh from their sources, so that tests need no build. */
import { type OutputOptions, type RolldownOptions, rolldown } from "rolldown";
import configs from "../../rolldown.config.js";
import type { Client } from "../../src/report/html/page.js";

let bundled: Promise<Client> | undefined;

export function testClient(): Promise<Client> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<Client> {
  const { output: where, ...input } = configs[0] as RolldownOptions; // the first is that of the reports
  const build = await rolldown(input);
  const { output } = await build.generate(where as OutputOptions); // the configuration has just one
  await build.close();
  const texts = new Map(
    output.map((file) => [file.fileName, file.type === "chunk" ? file.code : String(file.source)]),
  );
  const read = (name: string): string => {
    const text = texts.get(name);
    if (text === undefined) throw new Error(`the bundle has no ${name}`);
    return text;
  };
  return { code: read("report.js"), style: read("report.css") };
}
