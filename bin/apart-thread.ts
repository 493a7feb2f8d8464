/** The entry of the thread in which a command about one universe is done: as that of the command itself, by Node's compiled code. */
import module from "node:module";

// Node 20 has no such function.
(module as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
await import("./apart-work.js");
