/**
 * The version of the code that a host runs: what was deployed last, or what it began with.
 *
 * It stands in a file, so that a host that crashes comes back with what was deployed. A deploy counts once
 * the file is durable.
 */
import { DiskError, type Host, ms } from "seedstorm";

const FILE = "version";
const FRESH = "version.new";
const RETRY = ms(200);

export class Version {
  readonly #host: Host;
  number: number;

  /** @param first what a host runs that nothing was deployed to. */
  constructor(host: Host, first: number) {
    this.#host = host;
    this.number = first;
  }

  async recover(): Promise<void> {
    const { disk } = this.#host;
    if (!disk.exists(FILE)) return;
    const [deployed] = await disk.read(FILE);
    if (deployed !== undefined) this.number = deployed;
  }

  async deploy(version: number): Promise<void> {
    while (!(await this.#written(version))) await this.#host.sleep(RETRY);
    this.number = version;
  }

  async #written(version: number): Promise<boolean> {
    const { disk } = this.#host;
    try {
      disk.remove(FRESH);
      disk.append(FRESH, Uint8Array.of(version));
      await disk.fsync(FRESH);
      disk.rename(FRESH, FILE);
      await disk.fsync(FILE);
      return true;
    } catch (error) {
      if (error instanceof DiskError) return false;
      throw error;
    }
  }
}
