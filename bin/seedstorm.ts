#!/usr/bin/env node
/**
 * The entry of the command line: gives the program its real context and ends the process with its exit code.
 */
import { DRILL_HOST, endWith } from "./end-of-process.js";
import { main } from "./program.js";
import { projectAt } from "./project.js";
import { loadSimulator } from "./simulator.js";
import { ignoreClosedPipes, processTerminal } from "./terminal.js";

ignoreClosedPipes();
const args = process.argv.slice(2);
const command = main(args, {
  terminal: processTerminal(),
  simulator: loadSimulator,
  project: () => projectAt(process.cwd()),
  debug: process.env.SEEDSTORM_DEBUG === "1",
});
if (args[0] === DRILL_HOST) process.exitCode = await command;
else await endWith(command);
