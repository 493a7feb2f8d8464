/**
 * The project that a command is typed in: what its `seedstorm.config.ts` says, which is looked for in the working directory
 * and in each folder above. Where there is none, the command's own defaults hold.
 */
import { existsSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { shown } from "../src/input/index.js";

/** What the simulator is loaded with. */
export interface ProjectScenarios {
  /** Modules with scenarios; empty for Seedstorm's own. */
  readonly scenarios: readonly ScenarioModule[];
  /** Worker threads where the command does not say how many; one for each core when left out. */
  readonly jobs?: number | undefined;
}

/** What goes for a command when nothing else is typed. */
export interface Project extends ProjectScenarios {
  /** Folder that results, repro files and pages go to. */
  readonly reports: string;
  /** Folder with repro files that are replayed first. */
  readonly corpus: string;
  /** Runs of a campaign. */
  readonly runs?: number | undefined;
}

export interface ScenarioModule {
  /** Absolute. */
  readonly path: string;
  /** Where it was asked for, an option or a place in a configuration, as complaints begin with it. */
  readonly asked: string;
}

export const NO_PROJECT: Project = { scenarios: [], reports: "reports", corpus: "corpus" };

export const CONFIG_NAMES = ["ts", "mts", "js", "mjs"].map((ending) => `seedstorm.config.${ending}`);

/** The configuration's file in this folder or the nearest above. */
export function configFile(from: string): string | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const found = CONFIG_NAMES.map((name) => join(folder, name)).find((file) => existsSync(file));
    if (found !== undefined) return found;
    if (dirname(folder) === folder) return undefined;
  }
}

/** @throws InputError when there is a configuration that can't be used. */
export async function projectAt(directory: string): Promise<Project> {
  const file = configFile(directory);
  if (file === undefined) return NO_PROJECT;
  const name = relative(directory, file);
  const { readConfig } = await import("./config-file.js");
  const config = await readConfig(file, name);
  const folder = dirname(file);
  const here = (path: string): string => relative(directory, resolve(folder, path)) || ".";
  const { scenarios = [], reports, corpus, runs, jobs } = config;
  return {
    scenarios: scenarios.map((path, i) => ({
      path: resolve(folder, path),
      asked: `${name}: ${scenarios.length === 1 ? "scenarios" : `scenarios[${i}]`}: ${shown(path)}`,
    })),
    reports: reports === undefined ? NO_PROJECT.reports : here(reports),
    corpus: corpus === undefined ? NO_PROJECT.corpus : here(corpus),
    runs,
    jobs,
  };
}
