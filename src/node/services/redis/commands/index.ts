/** Every command on data, by name. */
import type { Command, Commands } from "./command.js";
import { HASHES } from "./hashes.js";
import { KEYS } from "./keys.js";
import { LISTS } from "./lists.js";
import { SETS } from "./sets.js";
import { SORTED_SETS } from "./sorted-sets.js";
import { STREAMS } from "./streams.js";
import { STRINGS } from "./strings.js";

const GROUPS: readonly Commands[] = [KEYS, STRINGS, HASHES, LISTS, SETS, SORTED_SETS, STREAMS];

export const COMMANDS: ReadonlyMap<string, Command> = new Map(
  GROUPS.flatMap((group) => Object.entries(group)),
);
