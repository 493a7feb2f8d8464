/**
 * What `seedstorm.config.ts` says: where a project's scenarios are and what the command takes for granted there. What is
 * typed goes before it.
 */
export interface SeedstormConfig {
  /**
   * Modules that export `scenarios`, in TypeScript or JavaScript, seen from the configuration's folder. Default: those that
   * come with Seedstorm.
   */
  readonly scenarios?: string | readonly string[];
  /** Runs of `check` in all, scenarios in turn. Default: 200 for each. */
  readonly runs?: number;
  /** Worker threads. Default: one for each core. */
  readonly jobs?: number;
  /** Folder for results, repro files and pages, seen from the configuration's folder. Default: `reports` where the command is typed. */
  readonly reports?: string;
  /** Folder with repro files that `check` replays first. Default: `corpus` where the command is typed. */
  readonly corpus?: string;
}

/** The configuration as it is: for its type, so that editors complete and check it. */
export function defineConfig(config: SeedstormConfig): SeedstormConfig {
  return config;
}
