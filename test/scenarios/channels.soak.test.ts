/** Channels over the broker in their scenarios: everything holds, and each property fires for a defect that it is there for. */
import { describe, expect, it } from "vitest";
import type { Violation } from "../../src/check/property.js";
import { channelScenarios } from "../../src/scenarios/channels/index.js";
import { channelSystem } from "../../src/scenarios/channels/system.js";
import { runOn } from "../../src/storm/run.js";

const SOUND = 10;
const SEEDS = 30;

function scenario(id: string) {
  const found = channelScenarios.find((one) => one.id === id);
  if (found === undefined) throw new RangeError(`no scenario "${id}"`);
  return found;
}

describe.each(channelScenarios.map(({ id }) => id))("%s", (id) => {
  it("holds", async () => {
    const violations: Violation[] = [];
    for (let i = 0; i < SOUND; i++)
      violations.push(...(await runOn(channelSystem, scenario(id).plan(50_000 + i))).violations);
    expect(violations.map(({ message }) => message)).toEqual([]);
  });
});

/** Where a property is put to the test, by which defect, and what it says. */
const FLAWS: readonly (readonly [property: string, scenario: string, defect: string, message: RegExp])[] = [
  [
    "broker-channel-keeps-once",
    "channels-pressure",
    "channel-sends-without-id",
    /^send-\S+ is number \d+ of \w+ by what was known .+, and number \d+ /,
  ],
  [
    "broker-channel-answers-are-true",
    "channels-pressure",
    "channel-unknown-called-failed",
    /was answered .+ that it is not kept, and it was delivered /,
  ],
  [
    "broker-channel-fifo",
    "channels-pressure",
    "channel-sends-overtake",
    /^sender-\d sent .+ and it is number \d+;/,
  ],
  [
    "broker-channel-full-as-configured",
    "channels-pressure",
    "channel-block-refuses",
    /as dropped; when it is full, it is to block\.$/,
  ],
  [
    "broker-channel-expiry",
    "channels-partitions",
    "channel-age-by-own-clock",
    /messages of work do after 4\.000 s\.$/,
  ],
  [
    "broker-channel-subscribers-miss-nothing",
    "channels-crashes",
    "channel-subscription-begins-anew",
    /^send-\S+ was published .+, and news\/receiver-\d has not got it at /,
  ],
];

describe("a property", () => {
  it.each(FLAWS)("%s fires in %s for %s", async (property, id, defect, message) => {
    let found: Violation | undefined;
    for (let seed = 1; found === undefined && seed <= SEEDS; seed++) {
      const plan = scenario(id).plan(seed, { defects: [defect] });
      found = (await runOn(channelSystem, plan)).violations.find((one) => one.property === property);
    }
    expect(found?.message).toMatch(message);
  });
});
