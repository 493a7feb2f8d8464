/** What worker threads load when they run scenarios of one system: its id is the query of this module's own URL. */
import { scenariosOfSystem } from "./by-system.js";

export const scenarios = await scenariosOfSystem(new URL(import.meta.url).search.slice(1));
