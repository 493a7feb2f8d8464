import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { LiveHost } from "../../src/live/host.js";
import { JournalWriter, readJournal } from "../../src/live/journal.js";
import { serveOutside } from "../../src/live/outside.js";
import { message, rpc, TIMED_OUT } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import { temporaryFolder } from "../support/folder.js";
import { planOf } from "../support/universe.js";

const DOUBLE = rpc<number, number>("double");
const NEWS = message<string>("news");

function folderOfDrill(): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "sockets"));
  return folder;
}

function hostIn(folder: string, id: string, defects: readonly string[] = []): LiveHost {
  const plan = planOf({ hosts: ["a", "b"], defects });
  const spec = plan.topology.find((host) => host.id === id);
  if (spec === undefined) throw new Error(`no host ${id}`);
  const journal = new JournalWriter(join(folder, `${id}.jsonl`));
  return new LiveHost({ spec, incarnation: 1, plan, folder, base: process.hrtime.bigint(), journal });
}

describe("a live host", () => {
  it("answers what another asks", async () => {
    const folder = folderOfDrill();
    const [a, b] = [hostIn(folder, "a"), hostIn(folder, "b")];
    b.onRequest(DOUBLE, async (n, from) => (from === "a" ? n * 2 : 0));
    await b.listen();
    expect(await Promise.all([a.request(DOUBLE, "b", 4, SECOND), a.request(DOUBLE, "b", 5, SECOND)])).toEqual(
      [8, 10],
    );
  });

  it("gets a time-out for an answer from one that is not there", async () => {
    const a = hostIn(folderOfDrill(), "a");
    expect(await a.request(DOUBLE, "b", 4, 1_000)).toBe(TIMED_OUT);
  });

  it("reaches one that has come up since", async () => {
    const folder = folderOfDrill();
    const [a, b] = [hostIn(folder, "a"), hostIn(folder, "b")];
    await a.request(DOUBLE, "b", 4, 1_000);
    b.onRequest(DOUBLE, (n) => n * 2);
    await b.listen();
    expect(await a.request(DOUBLE, "b", 4, SECOND)).toBe(8);
  });

  it("hears what it is sent", async () => {
    const folder = folderOfDrill();
    const [a, b] = [hostIn(folder, "a"), hostIn(folder, "b")];
    const heard = new Promise((resolve) => b.onMessage(NEWS, (text, from) => resolve(`${from}: ${text}`)));
    await b.listen();
    a.send(NEWS, "b", "hello");
    expect(await heard).toBe("a: hello");
  });

  it("calls services outside, whose ledger says what was applied", async () => {
    const folder = folderOfDrill();
    const a = hostIn(folder, "a");
    const journal = new JournalWriter(join(folder, "outside.jsonl"));
    const model = { apply: () => ({ ok: true, value: "paid", applied: true }) as const };
    await serveOutside(folder, new Map([["payments", model]]), journal, () => 0);
    expect(await a.call("payments", "capture", "t", null, SECOND)).toEqual({ ok: true, value: "paid" });
    expect(await a.call("nobody", "capture", "t", null, SECOND)).toEqual({
      ok: false,
      error: "there is no service nobody",
    });
    const facts = readJournal(join(folder, "a.jsonl")).lines.map(({ fact }) => fact);
    expect(facts.map((fact) => fact.kind === "external" && fact.phase)).toEqual([
      ...["attempt", "reply", "attempt", "reply"],
    ]);
    expect(readJournal(join(folder, "outside.jsonl")).lines).toMatchObject([
      { host: "external/payments", fact: { phase: "applied", token: "t" } },
    ]);
  });

  it("has the planted defects of its plan, and no others", () => {
    const a = hostIn(folderOfDrill(), "a", ["GW3"]);
    expect([a.defect("GW3"), a.defect("GW2")]).toEqual([true, false]);
  });

  it("counts its time from the drill's begin, and it never goes back", async () => {
    const a = hostIn(folderOfDrill(), "a");
    const before = a.clock.monotonic();
    await a.sleep(2_000);
    expect(a.clock.monotonic()).toBeGreaterThan(before);
  });
});
