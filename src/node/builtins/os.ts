/** `node:os` of one process: a small Linux machine, the same everywhere. */
import * as os from "node:os";
import { SECOND } from "../../sim/time.js";
import type { SimulatedProcess } from "../env/simulated-process.js";

const GIBIBYTE = 1 << 30;

export function osOf({ host, stack }: SimulatedProcess): object {
  return {
    EOL: "\n",
    devNull: "/dev/null",
    constants: os.constants,
    arch: () => "x64",
    machine: () => "x86_64",
    platform: () => "linux",
    type: () => "Linux",
    release: () => "6.1.0",
    version: () => "simulated",
    hostname: () => host.id,
    endianness: () => "LE",
    cpus: () => [{ model: "simulated", speed: 1_000, times: { user: 0, nice: 0, sys: 0, idle: 0, irq: 0 } }],
    availableParallelism: () => 1,
    totalmem: () => 2 * GIBIBYTE,
    freemem: () => GIBIBYTE,
    loadavg: () => [0, 0, 0],
    uptime: () => host.clock.monotonic() / SECOND,
    tmpdir: () => "/tmp",
    homedir: () => "/root",
    userInfo: () => ({ username: "root", uid: 0, gid: 0, shell: "/bin/sh", homedir: "/root" }),
    networkInterfaces: () => ({
      eth0: [
        {
          address: stack.address,
          netmask: "255.255.0.0",
          family: "IPv4",
          internal: false,
          mac: "02:00:00:00:00:01",
        },
      ],
    }),
    getPriority: () => 0,
    setPriority: () => {},
  };
}
