#!/usr/bin/env node
/**
 * The entry of the command line: gives the program its real context and ends the process with its exit code.
 */
import { endWith } from "./end-of-process.js";
import { main } from "./program.js";
import { loadSimulator } from "./simulator.js";
import { ignoreClosedPipes, processTerminal } from "./terminal.js";

ignoreClosedPipes();
await endWith(
  main(process.argv.slice(2), {
    terminal: processTerminal(),
    simulator: loadSimulator,
    debug: process.env.SEEDSTORM_DEBUG === "1",
  }),
);
