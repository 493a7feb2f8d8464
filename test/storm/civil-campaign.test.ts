/** Faults of civil time as a campaign draws them: code that trusts its host's zone is caught, code that doesn't holds. */
import { describe, expect, it } from "vitest";
import { check } from "../../src/explore/index.js";
import { defineScenario, defineSystem, type Host, property, rpc } from "../../src/index.js";

const BOOK = rpc<null, string>("book");
/** Half past eleven at night in Berlin, where the shop is; already the next day in Kolkata. */
const LATE = Date.UTC(2030, 2, 30, 22, 30) * 1000;
const BUSINESS_DAY = "2030-3-30";
const BERLIN_MINUTES = 60;

/** The day of an instant in Berlin that night, whatever zone the host thinks it is in. */
function dayInBerlin(unix: number): string {
  const date = new Date(unix / 1000 + BERLIN_MINUTES * 60_000);
  return `${date.getUTCFullYear()}-${date.getUTCMonth() + 1}-${date.getUTCDate()}`;
}

function shop(trustsZone: boolean) {
  const till = (host: Host): void => {
    host.onRequest(BOOK, async () => {
      const { year, month, day } = host.clock.local(); // printed on the receipt
      return trustsZone ? `${year}-${month}-${day}` : dayInBerlin(host.clock.unix());
    });
  };
  const onItsDay = property.always(
    "booked-on-its-day",
    "An order is booked on the shop's own day.",
    ["client"],
    (run) => (event) => {
      if (event.phase !== "ok") return;
      run.checked();
      if (event.value !== BUSINESS_DAY)
        run.violated(event.key, `${event.key} was booked on ${String(event.value)}.`, [event]);
    },
  );
  const system = defineSystem({
    id: "shop",
    roles: { till },
    clients: ["client"],
    operations: {
      book: (client, { id }) =>
        client.operation("book", { key: id }, () => client.request(BOOK, "till", null)),
    },
    properties: [onItsDay],
  });
  return defineScenario({
    system,
    hosts: { till: 1, client: 1 },
    workload: { book: { by: "client", times: 30 } },
    storm: ["wrong-zone", "leap-second", "clock-drift"],
    civil: { epoch: LATE, zone: "Europe/Berlin" },
  });
}

describe("a campaign with faults of civil time", () => {
  it("holds for a shop that books by the instant, while hosts have wrong zones and leap seconds", async () => {
    const { failed, result } = await check(shop(false), { runs: 100 });
    expect(failed).toBe(0);
    const [campaign] = Object.values(result.summary.scenarios);
    expect(campaign?.faults["wrong-zone"]?.fired).toBeGreaterThan(20);
    expect(campaign?.faults["leap-second"]?.fired).toBeGreaterThan(20);
  });

  it("catches a shop that books by its host's zone", async () => {
    const { failed, cases } = await check(shop(true), { runs: 100 });
    expect(failed).toBeGreaterThan(0);
    expect(cases.map(({ finding }) => finding.property)).toEqual(["booked-on-its-day"]);
  });
});
