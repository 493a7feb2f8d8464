#!/usr/bin/env node
/**
 * The entry of the command line. Where Node can keep compiled code from one call to the next it is asked to, before
 * anything else is loaded.
 */
import module from "node:module";

// Node 20 has no such function.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
await import("./main.js");
