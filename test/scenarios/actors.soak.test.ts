/** The actor layer in its scenarios: everything holds, and each property fires for a defect that it is there for. */
import { describe, expect, it } from "vitest";
import type { Violation } from "../../src/check/property.js";
import { actorScenarios } from "../../src/scenarios/actors/index.js";
import { actorSystem } from "../../src/scenarios/actors/system.js";
import { runOn } from "../../src/storm/run.js";

const SOUND = 10;
const SEEDS = 60;

function scenario(id: string) {
  const found = actorScenarios.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe.each(actorScenarios.map(({ id }) => id))("%s", (id) => {
  it("holds", async () => {
    const plans = Array.from({ length: SOUND }, (_, i) => scenario(id).plan(50_000 + i));
    const violations: Violation[] = [];
    for (const plan of plans) violations.push(...(await runOn(actorSystem, plan)).violations);
    expect(violations.map(({ message }) => message)).toEqual([]);
  });
});

/** Where a property is put to the test, by which defect, and what it says. */
const FLAWS: readonly (readonly [property: string, scenario: string, defect: string, message: RegExp])[] = [
  [
    "actor-calls-answered",
    "actors-kills",
    "crash-answers-nobody",
    /^job-actors\/\d+ ended at .+ got no error\.$/,
  ],
  [
    "actor-one-at-a-time",
    "actors-storm",
    "next-message-before-the-last-is-done",
    /^job-actors\/\d+ began .+ another/,
  ],
  [
    "actor-dead-are-silent",
    "actors-kills",
    "killed-handler-goes-on",
    /^job-actors\/\d+ had ended .+ called mill/,
  ],
  ["supervisor-restart-scope", "actors-kills", "rest-for-one-restarts-one", /^root\/1 did not start .+ anew/],
  [
    "supervisor-restart-intensity",
    "actors-kills",
    "restarts-not-counted",
    /^.+ restarted a child .+ may \d times\.$/,
  ],
  ["pool-crash-spares-others", "actors-kills", "PW8", /^job-actors\/\d+ was lent and was taken down/],
  ["pool-one-holder", "actors-pressure", "PW9", /^job-actors\/\d+ was lent .+ had waited long enough/],
  ["pool-one-holder", "actors-kills", "holder-not-watched", /not taken back .+ had ended that had it\.$/],
  ["pool-bounds", "actors-pressure", "PW11", /^job-actors\/\d+ has \d+ actors, outside of 2 to 5,/],
  ["pool-bounds", "actors-pressure", "cooldown-never-begins", /changed its size within its cooldown/],
  ["pool-serves-in-order", "actors-pressure", "PW10", /waits since .+ is idle\.$/],
  [
    "channel-fifo",
    "actors-pressure",
    "returned-to-the-end",
    /^job-queue delivered .+ before .+, which is older\.$/,
  ],
  ["channel-fifo", "actors-calm", "poison-delivered-for-ever", /for the 5th time .+ may 4 times\.$/],
  ["channel-keeps", "actors-pressure", "PW7", /was taken in by job-queue/],
  ["channel-keeps", "actors-kills", "holder-not-watched", /^job-queue did not take .+ back when consumer/],
  ["channel-serves-who-waits", "actors-kills", "served-after-its-time-out", /, which had timed out/],
  ["breaker-gates", "actors-outage", "PW13", /half-open, with 3 others, and 3 may try\.$/],
  ["breaker-recovers", "actors-outage", "PW12", /^mill went from closed to open/],
  ["breaker-recovers", "actors-outage", "PW19", /^mill went from (closed|half-open) to open/],
  [
    "registry-no-expired-route",
    "actors-registries",
    "cache-never-expires",
    /^A call was routed to .+ heard of last/,
  ],
  [
    "channel-dead-letters",
    "actors-calm",
    "dead-letter-taken-and-lost",
    /^job-queue gave up .+, and nobody has it now\.$/,
  ],
  [
    "registry-finds-services",
    "actors-registries",
    "nobody-found-is-remembered",
    /^client-\d found nobody who offers jobs/,
  ],
  [
    "jobs-done-is-done",
    "actors-calm",
    "job-done-before-polished",
    /was said to be done .+ without polish\.$/,
  ],
  ["jobs-done-when-quiet", "actors-calm", "served-after-its-time-out", /with all well/],
  ["registry-failing-avoided", "actors-pressure", "PW15", /^client-\d chose .+ failed \d+ times in a row/],
  [
    "registry-counts-calls",
    "actors-pressure",
    "failed-call-never-over",
    /^client-\d took .+ for busy with \d+ calls? .+ were under way\.$/,
  ],
  [
    "registry-forgets-the-dead",
    "actors-storm",
    "rumour-makes-young",
    /^registry-\d gave up .+ said nothing in between\.$/,
  ],
  ["breaker-gates", "actors-outage", "probe-kept-by-decline", /^mill refused a call .+, though 3 may try\.$/],
  [
    "pool-idle-time",
    "actors-calm",
    "idle-since-its-start",
    /was let go .+ for being idle, though it had work/,
  ],
  ["supervisor-leaves-nobody", "actors-kills", "children-outlive-supervisor", /ended .+ lived on, when/],
  ["jobs-return-actors", "actors-kills", "actor-kept-after-failure", /and at .+ nobody has given it back\.$/],
];

describe("a property", () => {
  it.each(FLAWS)("%s fires in %s for %s", async (property, id, defect, message) => {
    let found: Violation | undefined;
    for (let seed = 1; found === undefined && seed <= SEEDS; seed++) {
      const plan = scenario(id).plan(seed, { defects: [defect] });
      found = (await runOn(actorSystem, plan)).violations.find((one) => one.property === property);
    }
    expect(found?.message).toMatch(message);
  });
});
