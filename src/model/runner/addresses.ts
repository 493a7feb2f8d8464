/** Addresses in a process's settings, read and checked: where it listens, and where providers are. */
import { type Settings, SettingsError } from "./settings.js";

export interface Address {
  readonly host: string;
  readonly port: number;
}

const LISTEN = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/;
const MOST_PORTS = 65_535;

/** @throws SettingsError @param file that the settings came from. */
export function listenAddress({ service: { listen } }: Settings, file: string): Address {
  const [, bracketed, plain, digits = ""] = LISTEN.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= MOST_PORTS) return { host, port };
  throw new SettingsError(`${file}: service.listen: expected HOST:PORT, got ${JSON.stringify(listen)}`);
}

const PROVIDER = /^([^=\s]+)=(https?:\/\/\S+?)\/*$/;

/** Addresses by provider. @throws SettingsError */
export function providerAddresses(
  { service: { providers } }: Settings,
  file: string,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  providers.forEach((text, i) => {
    const [, name, url] = PROVIDER.exec(text) ?? [];
    if (name === undefined || url === undefined)
      throw new SettingsError(
        `${file}: service.providers[${i}]: expected NAME=URL, got ${JSON.stringify(text)}`,
      );
    found.set(name, url);
  });
  return found;
}
