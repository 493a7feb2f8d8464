/** The program in its real context: this process's streams, its clock and its scenarios. Ends the process with its exit code. */
import { writtenCatalogue } from "./catalogue.js";
import { DRILL_HOST, endWith } from "./end-of-process.js";
import { main } from "./program.js";
import { projectAt } from "./project.js";
import { ignoreClosedPipes, processTerminal } from "./terminal.js";

ignoreClosedPipes();
const args = process.argv.slice(2);
const terminal = processTerminal();
const command = main(args, {
  terminal,
  simulator: async (project) => (await import("./load-simulator.js")).loadSimulator(project),
  apart: async (work) => (await import("./apart.js")).apart(work, terminal),
  project: () => projectAt(process.cwd()),
  catalogue: writtenCatalogue,
  debug: process.env.SEEDSTORM_DEBUG === "1",
});
if (args[0] === DRILL_HOST) process.exitCode = await command;
else await endWith(command);
