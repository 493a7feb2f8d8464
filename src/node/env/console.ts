/** What a program prints: each line goes to the process's output, formatted by Node's own rules, without colours. */
import { formatWithOptions, inspect } from "node:util";

export type Output = "stdout" | "stderr";

/** The methods of `console`, over a function that is given whole lines. */
export function consoleOf(print: (output: Output, text: string) => void): object {
  let indent = "";
  const counts = new Map<string, number>();
  const to =
    (output: Output) =>
    (...args: unknown[]) => {
      const text = formatWithOptions({ colors: false }, ...args);
      print(output, indent === "" ? text : text.replace(/^/gm, indent));
    };
  const out = to("stdout");
  const err = to("stderr");
  return {
    log: out,
    info: out,
    debug: out,
    table: out,
    dirxml: out,
    dir: (value: unknown, options: object = {}) => out(inspect(value, { ...options, colors: false })),
    warn: err,
    error: err,
    trace: (...args: unknown[]) => err("Trace:", ...args),
    assert: (holds: unknown, ...args: unknown[]) => {
      if (!holds) err("Assertion failed", ...args);
    },
    count: (label = "default") => {
      counts.set(label, (counts.get(label) ?? 0) + 1);
      out(`${label}: ${counts.get(label)}`);
    },
    countReset: (label = "default") => counts.delete(label),
    group: (...args: unknown[]) => {
      if (args.length > 0) out(...args);
      indent += "  ";
    },
    groupCollapsed: () => {
      indent += "  ";
    },
    groupEnd: () => {
      indent = indent.slice(2);
    },
    time: () => {},
    timeLog: () => {},
    timeEnd: () => {},
    timeStamp: () => {},
  };
}
