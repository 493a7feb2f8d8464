/** A user's project that each test has to itself, what `init` says in it, and the command as it is typed there. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach } from "vitest";
import { init } from "../../bin/init.js";
import type { Terminal } from "../../bin/terminal.js";
import { writeWhole } from "../../src/input/index.js";
import { compiled } from "../support/compiled.js";
import { type UserProject, userProject } from "../support/user-project.js";

export let project: UserProject;
export const inProject = (name: string): string => project.path(name);
export const write = (name: string, text: string): void => project.write(name, text);

/** To be called by a file of tests: modules outlive files, and hooks belong to one. */
export function withProject(): void {
  beforeEach(() => {
    project = userProject(["rolldown"]);
  });
  afterEach(() => project.remove());
}

interface Said {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export async function seedstorm(args: readonly string[], folder = ""): Promise<Said> {
  const command = [join(compiled(), "bin/seedstorm.js"), ...args];
  try {
    const options = { cwd: inProject(folder) };
    return { code: 0, ...(await promisify(execFile)(process.execPath, command, options)) };
  } catch (error) {
    return error as Said; // what execFile rejects with when the exit code isn't 0
  }
}

export function initialized(): string[] {
  const said: string[] = [];
  const terminal = { out: (lines: readonly string[]) => said.push(...lines), write: writeWhole };
  init(project.folder, terminal as unknown as Terminal); // it uses no more of it
  return said;
}
