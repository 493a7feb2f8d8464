/**
 * Names and addresses of the hosts of a universe: a host is reached by its id, or by `10.0.x.y`, which its place in the
 * topology gives it. Every address of the loopback is the host itself.
 */
import type { HostSpec } from "../../sim/plan.js";

const LOOPBACK = new Set(["localhost", "0.0.0.0", "::", "::1", "[::1]"]);

export class Names {
  readonly #addresses = new Map<string, string>();
  readonly #hosts = new Map<string, string>();

  constructor(topology: readonly HostSpec[]) {
    topology.forEach(({ id }, index) => {
      const address = `10.0.${(index + 1) >> 8}.${(index + 1) & 255}`;
      this.#addresses.set(id, address);
      this.#hosts.set(address, id);
      this.#hosts.set(id.toLowerCase(), id);
    });
  }

  /** The id of the host that a name or an address stands for, as `self` sees it; undefined when there is none. */
  resolve(name: string | undefined, self: string): string | undefined {
    if (name === undefined || name === "" || LOOPBACK.has(name) || name.startsWith("127.")) return self;
    return this.#hosts.get(name.toLowerCase());
  }

  addressOf(host: string): string {
    return this.#addresses.get(host) ?? "0.0.0.0";
  }
}
