/**
 * The mutants that Stryker's mutators make of the systems' code, a seeded sample of them, and the whole project compiled with
 * each drawn mutant behind a switch. Mutants that were not drawn are not in the build, so that a run costs little more than
 * without any. Left out are the catalogues, the properties themselves, switches of planted defects, and mutated texts: most texts are
 * names and sentences.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Instrumenter } from "@stryker-mutator/instrumenter";
import { unbundledManifest } from "../../scripts/entry-points.js";
import { Random } from "../../src/sim/random.js";
import { switches } from "./switches.js";

/** The folders of `src/model` that each system is made of. */
export const PARTS: Readonly<Record<string, readonly string[]>> = {
  pipeline: ["pipeline", "resources", "replication"],
  mirror: ["mirror"],
  saga: ["saga"],
  broker: ["broker", "storage"],
  runner: ["runner"],
  actors: ["actors", "jobs"],
  channels: ["channels"],
  orders: ["orders"],
};

/** What is no behaviour of a simulated system, or is what judges it. */
const LEFT_OUT =
  /\/(?:properties|order-files|live)(?:\/|\.ts$)|\/(?:\w+-)?(?:defects|goals|moments|knobs)\.ts$/;
const EXCLUDED_MUTATIONS = ["StringLiteral", "Regex"];

interface Position {
  readonly line: number;
  readonly column: number;
}

/** Lines and columns from 0. */
interface Location {
  readonly start: Position;
  readonly end: Position;
}

export interface Mutant {
  /** In the build that has it. */
  readonly id: string;
  readonly system: string;
  readonly file: string;
  readonly line: number;
  readonly kind: string;
  readonly original: string;
  readonly replacement: string;
  readonly location: Location;
}

interface Source {
  readonly path: string;
  readonly content: string;
}

export interface Mutants {
  /** How many there are of these systems. */
  readonly all: number;
  readonly drawn: readonly Mutant[];
}

/** Draws a sample and builds the project with it in `place`. */
export async function buildWithMutants(
  root: string,
  place: string,
  {
    systems,
    sample,
    seed,
  }: { readonly systems: readonly string[]; readonly sample: number; readonly seed: number },
): Promise<Mutants> {
  const files = sourcesOf(root);
  const mutable = files.filter(({ path }) => systemOf(path, systems) !== undefined);
  const all = await instrumented(mutable, systems, () => true);
  const drawn = draw(all.mutants, sample, seed);
  const wanted = new Map<string, Location[]>();
  for (const { file, location } of drawn) wanted.set(file, [...(wanted.get(file) ?? []), location]);
  const built = await instrumented(mutable, systems, (path) => wanted.get(path) ?? []);
  const ids = new Map(built.mutants.map((mutant) => [identityOf(mutant), mutant.id]));
  compile(root, place, files, built.contents);
  return {
    all: all.mutants.length,
    drawn: drawn.map((mutant) => {
      const id = ids.get(identityOf(mutant));
      if (id === undefined) throw new Error(`${mutant.file}:${mutant.line} is not in the build`);
      return { ...mutant, id };
    }),
  };
}

function sourcesOf(root: string): Source[] {
  return ["src", "bin"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.startsWith("report/html/client/"))
      .sort()
      .map((name) => `${folder}/${name}`)
      .map((path) => ({ path, content: readFileSync(join(root, path), "utf8") })),
  );
}

function systemOf(path: string, systems: readonly string[]): string | undefined {
  if (LEFT_OUT.test(path)) return undefined;
  return systems.find((id) => PARTS[id]?.some((part) => path.startsWith(`src/model/${part}/`)));
}

async function instrumented(
  files: readonly Source[],
  systems: readonly string[],
  mutate: (path: string) => boolean | Location[],
): Promise<{ readonly mutants: Mutant[]; readonly contents: ReadonlyMap<string, string> }> {
  const { mutants, files: made } = await new Instrumenter(silent()).instrument(
    files.map(({ path, content }) => ({ name: path, content, mutate: mutate(path) })),
    { plugins: null, excludedMutations: EXCLUDED_MUTATIONS, ignorers: [switches] },
  );
  const texts = new Map(files.map(({ path, content }) => [path, content.split("\n")]));
  const live = mutants.filter(({ status }) => status === undefined); // those that were excluded say so
  return {
    contents: new Map(made.map(({ name, content }) => [name, content])),
    mutants: live.map(({ id, fileName, mutatorName, replacement, location }) => ({
      id,
      system: systemOf(fileName, systems) ?? "",
      file: fileName,
      line: location.start.line + 1,
      kind: mutatorName,
      original: textAt(texts.get(fileName) ?? [], location),
      replacement,
      location,
    })),
  };
}

/** Which mutant it is, in whichever build. */
const identityOf = ({ file, kind, replacement, location: { start, end } }: Mutant): string =>
  `${file} ${kind} ${start.line}:${start.column}-${end.line}:${end.column} ${replacement}`;

function textAt(lines: readonly string[], { start, end }: Location): string {
  const own = lines.slice(start.line, end.line + 1);
  const last = own.length - 1;
  return own
    .map((text, i) => text.slice(i === 0 ? start.column : 0, i === last ? end.column : undefined).trim())
    .join(" ");
}

/** The same sample for the same seed and the same code, drawn from all mutants alike. */
function draw(mutants: readonly Mutant[], size: number, seed: number): Mutant[] {
  const random = new Random(`${seed}/mutants`);
  const rest = [...mutants];
  const chosen: Mutant[] = [];
  while (chosen.length < size && rest.length > 0) chosen.push(...rest.splice(random.below(rest.length), 1));
  return chosen;
}

function compile(
  root: string,
  place: string,
  files: readonly Source[],
  contents: ReadonlyMap<string, string>,
): void {
  rmSync(place, { recursive: true, force: true });
  for (const { path, content } of files) {
    const target = join(place, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, contents.get(path) ?? content);
  }
  writeFileSync(join(place, "package.json"), unbundledManifest("./out/"));
  writeFileSync(
    join(place, "tsconfig.json"),
    JSON.stringify({
      extends: join(root, "tsconfig.json"),
      compilerOptions: {
        outDir: "out",
        rootDir: ".",
        noCheck: true,
        sourceMap: false,
        declaration: false,
        declarationDir: null,
      },
      include: ["src", "bin"],
    }),
  );
  symlinkSync(join(root, "node_modules"), join(place, "node_modules"));
  const tsc = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", place], {
    encoding: "utf8",
  });
  if (tsc.status !== 0) throw new Error(`the mutants can't be compiled: ${tsc.stdout}`);
}

/** Says nothing: what the instrumenter has to say concerns its own work. */
function silent() {
  const quiet = (): void => {};
  const off = (): boolean => false;
  return {
    ...{ isTraceEnabled: off, isDebugEnabled: off, isInfoEnabled: off },
    ...{ isWarnEnabled: off, isErrorEnabled: off, isFatalEnabled: off },
    ...{ trace: quiet, debug: quiet, info: quiet, warn: quiet, error: quiet, fatal: quiet },
  };
}
