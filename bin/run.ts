/**
 * `seedstorm run SCENARIO`: one universe, shown as a story, with a verdict. Its orders may come from a file,
 * and the plan may be written down before it runs, so that whatever happens it can be replayed.
 */

import { planOptionsOf } from "../src/explore/index.js";
import type { Plan, Scenario, Strategy } from "../src/index.js";
import { printable } from "../src/input/index.js";
import type { OrdersFile } from "../src/model/pipeline/order-files/orders-file.js";
import { checkStrategy } from "./check-strategy.js";
import { executeRun, type OutputOptions } from "./execute-run.js";
import type { ExitCode } from "./exit-codes.js";
import { invocation, quoted } from "./invocation.js";
import { checkDefects, scenarioNamed, type Universes } from "./simulator.js";
import type { Writer } from "./terminal.js";

export interface RunOptions extends OutputOptions {
  /** Drawn when it is left out. */
  readonly seed: number | undefined;
  readonly orders: string | undefined;
  readonly lenient: boolean;
  readonly planOut: string | undefined;
  readonly defects: readonly string[];
  readonly knobs: Plan["knobs"];
  /** How the storm is drawn; the scenario's own when left out. */
  readonly strategy: Strategy | undefined;
}

export async function run(
  scenarioId: string,
  options: RunOptions,
  simulator: Universes,
  terminal: Writer,
): Promise<ExitCode> {
  const scenario = scenarioNamed(scenarioId, simulator.scenarios);
  const defects = checkDefects(options.defects, scenario);
  const seed = options.seed ?? terminal.drawSeed();
  checkStrategy(options.strategy, [scenario], simulator.scenarios);
  const generated = scenario.plan(seed, planOptionsOf({ ...options, defects }));
  const { plan, file } = await withOrders(scenario, generated, options);
  if (options.planOut !== undefined) await savePlan(options.planOut, plan, terminal);
  if (options.orders !== undefined && file !== undefined) printSkipped(file, options.orders, terminal);
  const orders =
    file === undefined
      ? {}
      : {
          orders: {
            file: options.orders,
            deliveries: file.deliveries.length,
            skipped: file.skipped.length,
            passedOver: file.passedOver,
          },
        };
  return executeRun(
    {
      scenario,
      plan,
      command: commandFor(scenario, seed, defects, options),
      source: "",
      notes: notesOn(file, options),
      extra: orders,
    },
    options,
    simulator,
    terminal,
  );
}

/** How many complaints about skipped lines are shown one by one. */
const SHOWN_COMPLAINTS = 5;

async function withOrders(
  scenario: Scenario,
  plan: Plan,
  { orders, lenient, ...options }: RunOptions,
): Promise<{ readonly plan: Plan; readonly file: OrdersFile | undefined }> {
  if (orders === undefined) return { plan, file: undefined };
  const { readOrders } = await import("../src/model/pipeline/order-files/orders-file.js");
  const { ordersToWorkload } = await import("../src/model/pipeline/order-files/orders-to-workload.js");
  const file = readOrders(orders, lenient);
  const workload = ordersToWorkload(file.deliveries, plan);
  return {
    plan: scenario.plan(plan.seed, { ...planOptionsOf(options), defects: plan.defects, workload }),
    file,
  };
}

async function savePlan(path: string, plan: Plan, terminal: Writer): Promise<void> {
  const { planText } = await import("../src/explore/index.js");
  terminal.write(path, planText(plan));
}

function printSkipped({ skipped }: OrdersFile, orders: string, terminal: Writer): void {
  if (skipped.length === 0) return;
  const more = skipped.length - SHOWN_COMPLAINTS;
  terminal.err([
    `${printable(orders)}: skipped ${skipped.length} of its deliveries`,
    ...skipped.slice(0, SHOWN_COMPLAINTS).map((complaint) => `  ${complaint}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ]);
}

function notesOn(file: OrdersFile | undefined, { orders, planOut }: RunOptions): string[] {
  const notes: string[] = [];
  if (file !== undefined) {
    const { deliveries, skipped, passedOver } = file;
    const distinct = new Set(deliveries.map(({ deliveryId }) => deliveryId)).size;
    const cut = skipped.length === 0 ? "" : `, ${skipped.length} skipped`;
    const from = orders === "-" ? "standard input" : orders;
    const all = deliveries.length === 1 ? "1 delivery" : `${deliveries.length} deliveries`;
    notes.push(`${all} from ${from}, ${distinct} of them distinct${cut}`);
    const topics = Object.entries(passedOver).map(([topic, count]) => `${printable(topic)} ${count}`);
    if (topics.length > 0) notes.push(`passed over, for they are no new orders: ${topics.join(", ")}`);
  }
  if (planOut !== undefined) notes.push(`plan written to ${planOut}`);
  return notes;
}

/** What is to be typed to run it again. */
export function commandFor(
  scenario: Scenario,
  seed: number,
  defects: readonly string[] = [],
  {
    orders,
    lenient,
    knobs = {},
    strategy,
  }: Partial<Pick<RunOptions, "orders" | "lenient" | "knobs" | "strategy">> = {},
): string {
  const parts = [`${invocation()} run`, scenario.id, "--seed", String(seed)];
  for (const defect of defects) parts.push("--defect", defect);
  for (const [name, value] of Object.entries(knobs)) parts.push("--knob", quoted(`${name}=${value}`));
  if (strategy !== undefined) parts.push("--strategy", strategy);
  if (orders !== undefined) parts.push("--orders", quoted(orders), ...(lenient ? ["--lenient"] : []));
  return parts.join(" ");
}
