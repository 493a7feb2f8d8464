#!/usr/bin/env node
/**
 * The entry of the command line: gives the program its real context and hands its exit code on.
 */
import { main } from "./program.js";
import { loadSimulator } from "./simulator.js";
import { ignoreClosedPipes, processTerminal } from "./terminal.js";

ignoreClosedPipes();
process.exitCode = await main(process.argv.slice(2), {
  terminal: processTerminal(),
  simulator: loadSimulator,
  debug: process.env.SEEDSTORM_DEBUG === "1",
});
