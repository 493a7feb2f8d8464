/**
 * A run is a pure function: plan in, outcome out.
 *
 * The plan's scenario names the system under test; the system is built into a world, properties watch the
 * history while it is written, and the outcome says what came of it. Nothing from outside the plan takes part:
 * the wall clock is the caller's to read.
 */
import { Checker } from "../check/checker.js";
import { list, time } from "../check/evidence-text.js";
import type { Violation } from "../check/property.js";
import { UnsendableBody } from "../sim/bodies.js";
import { Unfinished } from "../sim/drain.js";
import type { Plan } from "../sim/plan.js";
import { Leak } from "../sim/traps/guard.js";
import { LateCall, ProcessExit, World, type WorldOptions } from "../sim/world.js";
import { codePlace } from "./code-place.js";
import type { Outcome, PlanOptions, Scenario, System, Verdict } from "./scenario.js";

/** The id under which a run reports that code under test threw or rejected. */
export const CODE_FAILURE = "code-failure";

export interface RunOptions extends WorldOptions {
  /** Called when the world is built and before it begins: for watchers and recorders. */
  readonly prepare?: (world: World) => void;
}

/** Runs the universe of a scenario that a seed gives. */
export function run(
  scenario: Scenario,
  { seed, ...options }: PlanOptions & { readonly seed: number },
  runOptions?: RunOptions,
): Promise<Outcome> {
  return runOn(scenario.system, scenario.plan(seed, options), runOptions);
}

/** Runs a plan on its system. */
export async function runOn(system: System, plan: Plan, options: RunOptions = {}): Promise<Outcome> {
  const world = new World(plan, options);
  system.build(world, plan);
  world.addMoments(system.moments ?? []);
  const checker = new Checker(system.properties, plan, (id) => eventOf(world, id));
  world.history.on((event) => checker.on(event));
  options.prepare?.(world);
  await world.run();
  await world.end();
  // A run that broke off can't be judged for what it never came to.
  if (world.failure === undefined) checker.end(world.now);
  const unrecoverable = system.unrecoverable?.(world, plan) ?? false;
  const failure = failureOf(world);
  const found = checker.standing(unrecoverable);
  const violations = failure === undefined ? found : [...found, failure];
  return {
    plan,
    verdict: verdictOf(violations, unrecoverable),
    traceHash: world.scheduler.traceHash,
    events: world.scheduler.events,
    virtualTime: world.now,
    faults: Object.fromEntries(world.faults),
    goals: Object.fromEntries(world.goals),
    buggify: Object.fromEntries(world.buggified),
    defectsAsked: Object.fromEntries(world.defectsAsked),
    properties: checker.reports(unrecoverable),
    violations,
    history: world.history.events,
    diskLosses: world.diskLosses,
  };
}

function eventOf(world: World, id: number) {
  const event = world.history.events[id];
  if (event === undefined) throw new RangeError(`the history has no event ${id}`);
  return event;
}

function verdictOf(violations: readonly Violation[], unrecoverable: boolean): Verdict {
  if (violations.length > 0) return "violated";
  return unrecoverable ? "unrecoverable" : "held";
}

/** The host of a failure that is nobody's in particular. */
const WORLD = "world";

/** Code under test that threw has failed the run, whatever else held. */
function failureOf(world: World): Violation | undefined {
  const failure = world.failure;
  if (failure === undefined) return undefined;
  const last = world.history.events.findLast((event) => event.host === failure.host);
  const { at, host, error } = failure;
  const place = codePlace(error);
  return {
    property: CODE_FAILURE,
    at,
    message: `${host === WORLD ? "Code in this universe" : `The code on ${host}`} ${causeOf(error, time(at), world.bodies?.carriersOf(error) ?? [])}.`,
    evidence: last === undefined ? [] : [last.id],
    ...(place === undefined ? {} : { place }),
  };
}

/** @param carriers messages that may have carried what the code tried to change. */
function causeOf(error: unknown, at: string, carriers: readonly string[]): string {
  if (error instanceof Leak) return `called ${error.trap.what} at ${at}: use ${error.trap.instead}`;
  if (error instanceof ProcessExit)
    return `ended its process at ${at} (${error.message}), and nothing starts it again: a scenario that allows that has "restarts"`;
  if (error instanceof Unfinished)
    return `began what only real time brings to its end (${error.message}), and its universe was over before: use what its host offers`;
  if (error instanceof LateCall)
    return `went on when its universe was over, at ${at}: it awaited something that came in real time, such as a module, a thread or a pipe; use what its host offers`;
  if (error instanceof UnsendableBody)
    return `sent ${error.message} at ${at}: a wire carries data alone, such as texts, numbers, lists, plain objects and bytes`;
  if (carriers.length > 0)
    return `changed the body of a message that was sent (${list(carriers)}) at ${at}: change a copy of it (${describe(error)})`;
  return `failed with an exception that nobody handled: ${describe(error)}`;
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
