/**
 * What one large universe of order processing costs, and how that grows: a thousand orders a second for 6, 20 and 60 virtual seconds, with
 * each preset, in processor time and memory. `node build/bench/orders.js [SECONDS…]`.
 *
 * Each universe has a process of its own, so that its memory is its own. The library runs it, without what the command adds: checked
 * bodies, the way of the history to another thread, and the story.
 */
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { findScenario, run } from "../src/scenarios/index.js";

const ORDERS_PER_SECOND = 1_000;
const LENGTHS = [6, 20, 60];
/**
 * Room for what lives shortly, in megabytes. With Node's 16, a sixth to a quarter of the processor time goes into moving what is still alive.
 */
const YOUNG_GENERATION = "--max-semi-space-size=64";
const PRESETS = { tuned: "orders-load", source: "orders-load-source" } as const;

/** What the process of one universe prints. */
async function measured(id: string, loadSeconds: number): Promise<readonly string[]> {
  const scenario = findScenario(id);
  if (scenario === undefined) throw new RangeError(`there is no scenario ${id}`);
  const plan = scenario.plan(1, { knobs: { ordersPerSecond: ORDERS_PER_SECOND, loadSeconds } });
  const before = process.cpuUsage();
  const { events, history, goals } = await run(plan);
  const { user, system } = process.cpuUsage(before);
  const seconds = (user + system) / 1e6;
  const orders = ORDERS_PER_SECOND * loadSeconds;
  return [
    String(orders),
    String(goals["orders: completed"] ?? 0),
    String(events),
    String(history.length),
    `${seconds.toFixed(1)} s`,
    `${((seconds / events) * 1e6).toFixed(1)} µs`,
    `${(process.resourceUsage().maxRSS / 1_024).toFixed(0)} MB`,
  ];
}

const row = (cells: readonly string[]): void => console.log(cells.map((cell) => cell.padStart(10)).join(" "));

const [only, length, ...others] = process.argv.slice(2);
if (only?.startsWith("orders-") === true) {
  console.log(JSON.stringify(await measured(only, Number(length))));
} else {
  const asked = [only, length, ...others].filter((text) => text !== undefined).map(Number);
  row(["preset", "orders", "completed", "events", "facts", "processor", "an event", "memory"]);
  for (const [preset, id] of Object.entries(PRESETS)) {
    for (const seconds of asked.length > 0 ? asked : LENGTHS) {
      const child = [YOUNG_GENERATION, fileURLToPath(import.meta.url), id, String(seconds)];
      const printed = execFileSync(process.execPath, child, { encoding: "utf8" });
      row([preset, ...(JSON.parse(printed) as readonly string[])]); // what the other branch prints
    }
  }
}
