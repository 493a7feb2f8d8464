/**
 * The `process` that a program sees: its environment, arguments, output and clock. What would reach the real process
 * (signals to others, native bindings, another working directory) does nothing or is refused.
 */
import { EventEmitter } from "node:events";
import { Writable } from "node:stream";
import { SECOND } from "../../sim/time.js";
import type { Output } from "./console.js";
import { refused } from "./refused.js";
import type { SimulatedProcess } from "./simulated-process.js";

const NANOSECONDS = 1_000;
const MEBIBYTE = 1 << 20;
const FIRST_PID = 1_000;
/** What a shell makes of a process that was aborted. */
const ABORTED = 134;

function stream(output: Output, print: (output: Output, text: string) => void): Writable {
  const writable = new Writable({
    decodeStrings: false,
    write(chunk: unknown, _encoding, done) {
      print(output, String(chunk).replace(/\n$/, ""));
      done();
    },
  });
  return Object.assign(writable, {
    isTTY: false,
    fd: output === "stdout" ? 1 : 2,
    columns: 80,
    hasColors: () => false,
  });
}

function highResolutionTime(monotonic: () => number): unknown {
  const time = (before?: readonly [number, number]): [number, number] => {
    const now = monotonic();
    let seconds = Math.floor(now / SECOND);
    let nanoseconds = (now % SECOND) * NANOSECONDS;
    if (before !== undefined) {
      seconds -= before[0];
      nanoseconds -= before[1];
      if (nanoseconds < 0) {
        seconds--;
        nanoseconds += SECOND * NANOSECONDS;
      }
    }
    return [seconds, nanoseconds];
  };
  return Object.assign(time, { bigint: () => BigInt(monotonic()) * BigInt(NANOSECONDS) });
}

/** Always the same figures: what the real process takes is none of the program's business. */
const MEMORY = {
  rss: 64 * MEBIBYTE,
  heapTotal: 32 * MEBIBYTE,
  heapUsed: 16 * MEBIBYTE,
  external: MEBIBYTE,
  arrayBuffers: MEBIBYTE / 2,
};

export function processObjectOf(simulated: SimulatedProcess): EventEmitter {
  const { host, options } = simulated;
  const print = (output: Output, text: string): void => simulated.print(output, text);
  const monotonic = (): number => host.clock.monotonic();
  const stdin = Object.assign(new EventEmitter(), {
    isTTY: false,
    fd: 0,
    resume: () => stdin,
    pause: () => stdin,
    setEncoding: () => stdin,
    unref: () => stdin,
  });
  const self: EventEmitter & { exitCode?: number | undefined } = Object.assign(new EventEmitter(), {
    env: { NODE_ENV: "production", TZ: "UTC", ...options.env },
    argv: ["/usr/bin/node", options.entry, ...options.args],
    argv0: "node",
    execArgv: [],
    execPath: "/usr/bin/node",
    title: "node",
    pid: FIRST_PID + simulated.number,
    ppid: 1,
    version: process.version,
    versions: process.versions,
    release: process.release,
    features: process.features,
    config: process.config,
    arch: "x64",
    platform: "linux",
    exitCode: undefined,
    stdin,
    stdout: stream("stdout", print),
    stderr: stream("stderr", print),
    cwd: () => "/",
    chdir: () => {},
    umask: () => 0o022,
    getuid: () => 0,
    geteuid: () => 0,
    getgid: () => 0,
    getegid: () => 0,
    uptime: () => simulated.age() / SECOND,
    hrtime: highResolutionTime(monotonic),
    nextTick: (callback: (...args: unknown[]) => void, ...args: unknown[]) =>
      process.nextTick(simulated.bound(callback), ...args),
    memoryUsage: Object.assign(() => ({ ...MEMORY }), { rss: () => MEMORY.rss }),
    cpuUsage: () => ({ user: 0, system: 0 }),
    resourceUsage: () => ({}),
    availableMemory: () => 1024 * MEBIBYTE,
    constrainedMemory: () => 0,
    emitWarning: (warning: unknown) => print("stderr", `(node) ${String(warning)}`),
    exit: (code?: number) => simulated.exit(Number(code ?? self.exitCode ?? 0)),
    reallyExit: (code: number) => simulated.exit(code),
    abort: () => simulated.exit(ABORTED),
    kill: () => refused("process.kill", "crash or pause hosts by faults"),
    binding: () => refused("process.binding", "it reaches into the real process"),
    getBuiltinModule: (name: string) => (simulated.hasBuiltin(name) ? simulated.builtin(name) : undefined),
    setUncaughtExceptionCaptureCallback: () =>
      refused("process.setUncaughtExceptionCaptureCallback", "use process.on"),
    hasUncaughtExceptionCaptureCallback: () => false,
    allowedNodeEnvironmentFlags: new Set(),
  });
  return self;
}
