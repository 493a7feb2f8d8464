/**
 * What a runner's process is configured by: its file of settings under the environment's variables, the manifests that it names, and
 * secrets. Manifests lie beside the settings, unless their paths say otherwise. Whatever is wrong with any of it is one sentence.
 */
import { readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { InputError, printable, readText } from "../src/input/index.js";
import { type Address, listenAddress, providerAddresses } from "../src/model/runner/addresses.js";
import { loadManifests, resolveSecret } from "../src/model/runner/manifest.js";
import { secretsOf } from "../src/model/runner/roles.js";
import {
  CONFIG,
  DEFAULT_CONFIG,
  type Files,
  loadSettings,
  type Settings,
  SettingsError,
  settingsIn,
} from "../src/model/runner/settings.js";

/** What a process can be. */
export const PARTS = ["node", "store", "gateway", "providers"] as const;
export type PartName = (typeof PARTS)[number];

export interface Configuration {
  readonly settings: Settings;
  /** Of a node; empty for other parts, as are its secrets. */
  readonly files: Files;
  readonly secrets: Readonly<Record<string, string>>;
  readonly listen: Address;
  readonly providers: ReadonlyMap<string, string>;
  /** Where a store's files are. */
  readonly folder: string;
  /** The settings' file and the manifests, as they are now. @throws InputError */
  reread(): Files;
}

/** @param config the file of settings; without it, the one that the environment names. @throws InputError */
export function readConfiguration(
  part: PartName,
  config: string | undefined,
  variables: Readonly<Record<string, string | undefined>>,
): Configuration {
  const file = config ?? variables[CONFIG] ?? DEFAULT_CONFIG;
  const environment = { ...settingsIn(variables), [CONFIG]: file };
  const beside = (path: string): string => resolve(dirname(file), path);
  return unlessUnusable(() => {
    const settings = loadSettings({ [file]: readText(file) }, environment);
    const reread = (): Files => ({
      [file]: readText(file),
      ...Object.fromEntries(Object.values(settings.manifests).map((path) => [path, readText(beside(path))])),
    });
    const providers = providerAddresses(settings, file);
    const ground = {
      ...{ settings, providers, reread },
      listen: listenAddress(settings, file),
      folder: beside(settings.service.folder),
    };
    if (part !== "node") return { ...ground, files: {}, secrets: {} };
    const files = reread();
    const { effects } = loadManifests(files, settings);
    if (settings.mode === "saga") return { ...ground, files, secrets: {} };
    const secrets = secretsIn(beside(settings.service.secrets));
    for (const effect of effects.values()) {
      resolveSecret(secrets, effect);
      if (providers.has(effect.provider)) continue;
      throw new SettingsError(
        `${file}: service.providers: there is no address for "${effect.provider}", which the effect "${effect.name}" needs`,
      );
    }
    return { ...ground, files, secrets };
  });
}

/** A folder as those of Docker and Kubernetes: a file for each secret. Else a file of texts by name. */
function secretsIn(path: string): Readonly<Record<string, string>> {
  if (!(statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false))
    return secretsOf({ [path]: readText(path) }, path);
  const names = readdirSync(path).filter((name) => statSync(join(path, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, readText(join(path, name)).trimEnd()]));
}

function unlessUnusable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof SettingsError) throw new InputError(printable(error.message));
    throw error;
  }
}
