/**
 * The bundler, which users install themselves, and what programs and modules are bundled with alike: a module's own place
 * instead of `import.meta`, and complaints as one sentence with file, line and column.
 */
import { dirname, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import type { OutputChunk, OutputOptions, Plugin } from "rolldown";

/** Why a program or a module could not be made: for people. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
}

/** @throws ProgramError when it is not installed. */
export async function bundler(): Promise<typeof import("rolldown")> {
  return import("rolldown").catch((cause: unknown) => {
    throw new ProgramError(
      "programs and TypeScript are bundled by rolldown, which is not installed: npm install --save-dev rolldown",
      { cause },
    );
  });
}

/** What the ids of modules begin with that only a bundle has. */
const ONLY_HERE = "\0";

/** Writes into each module its own place, for what it loads from beside itself. */
const PLACES: Plugin = {
  name: "places",
  transform: {
    filter: { code: "import.meta" },
    handler: (code, id) => (id.startsWith(ONLY_HERE) ? undefined : placed(code, id)),
  },
};

function placed(code: string, id: string): string {
  return code
    .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
    .replaceAll("import.meta.dirname", JSON.stringify(dirname(id)))
    .replaceAll("import.meta.filename", JSON.stringify(id));
}

/** The absolute path of a source, which rolldown gives as seen from the folder that it would write to. */
const sourcePath = (source: string): string => resolve("dist", source);

/** What rolldown says of the first thing that is wrong. */
interface Complaint {
  readonly message?: string;
  readonly loc?: { readonly file: string; readonly line: number; readonly column: number };
}

/** Why a bundle can't be made, in one line; with the place, where there is one. */
export function bundlingProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { errors = [] } = error as { readonly errors?: readonly Complaint[] }; // rolldown's errors have them
  const { message = error.message, loc } = errors[0] ?? {};
  const [line = ""] = stripVTControlCharacters(message).split("\n", 1);
  const said = line.replace(/^\[\w+\] /, "");
  if (loc === undefined) return said;
  if (loc.file.includes(ONLY_HERE)) {
    // What was to be bundled itself: our own module imports it by its path.
    const [, missing] = /^Could not resolve '(.+)' in /.exec(said) ?? [];
    return missing === undefined ? said : `there is no file ${missing}`;
  }
  return `${said} (${relative(process.cwd(), loc.file)}:${loc.line}:${loc.column + 1})`;
}

/** One file of a module and all that these plugins let in, as it is written: nothing is left out for having no effect. */
export async function bundled(
  { rolldown }: typeof import("rolldown"),
  input: string,
  plugins: readonly Plugin[],
  written: Pick<OutputOptions, "sourcemap" | "minify">,
): Promise<OutputChunk> {
  const build = await rolldown({
    input,
    platform: "node",
    logLevel: "silent",
    transform: { target: "es2022" },
    // Without this a call that stands there only to throw would be left out.
    treeshake: false,
    plugins: [...plugins, PLACES],
  });
  const { output } = await build.generate({
    format: "esm",
    codeSplitting: false,
    sourcemapPathTransform: sourcePath,
    ...written,
  });
  await build.close();
  return output[0];
}
