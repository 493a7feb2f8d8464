/** A project of a user's in a folder of its own, with this package and others installed in it. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeWhole } from "../../src/input/index.js";
import { compiled } from "./compiled.js";

export interface UserProject {
  readonly folder: string;
  /** The path of a file in it. */
  path(name: string): string;
  write(name: string, text: string): void;
  remove(): void;
}

/** @param packages that are installed besides this one. */
export function userProject(packages: readonly string[]): UserProject {
  const folder = mkdtempSync(join(tmpdir(), "project-"));
  const path = (name: string): string => join(folder, name);
  const write = (name: string, text: string): void => writeWhole(path(name), text);
  const install = (name: string, from: string): void => {
    const place = path(`node_modules/${name}`);
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(from, place);
  };
  install("seedstorm", compiled());
  for (const name of packages)
    install(name, fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)));
  write("package.json", '{ "type": "module" }');
  return { folder, path, write, remove: () => rmSync(folder, { recursive: true }) };
}
