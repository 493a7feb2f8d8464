/** What code under test reaches for outside of its universe, each by the name that it has for those who wrote it. */
import { execFileSync } from "node:child_process";
import nodeCrypto from "node:crypto";
import { lookup } from "node:dns";
import fs, { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import os from "node:os";
import { performance as measured } from "node:perf_hooks";
import { setTimeout as later } from "node:timers/promises";
import { promisify } from "node:util";
import { gzip, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { Host } from "../../src/sim/host.js";
import { SECOND } from "../../src/sim/time.js";
import { outsideTheGuard } from "../../src/sim/traps/guard.js";
import { installTraps } from "../../src/sim/traps/install.js";
import { CODE_FAILURE, runOn } from "../../src/storm/run.js";
import type { System } from "../../src/storm/scenario.js";
import { planOf } from "../support/universe.js";

beforeAll(installTraps);
// It is awake from the beginning: what a universe sends it is nothing new.
beforeAll(() => void port2.on("message", () => {}));

/** Host a does it at one second of its life. */
function systemThat(does: (host: Host) => unknown): System {
  return {
    id: "leaky",
    title: "a system that reaches out",
    properties: [],
    defects: [],
    build(world) {
      world.onBoot("a", async (host) => {
        await host.sleep(SECOND);
        await does(host);
        host.record({ kind: "operator", operation: "done", detail: {} });
      });
    },
  };
}

const complaint = async (does: (host: Host) => unknown, traps = true): Promise<string | undefined> => {
  const { violations, verdict } = await runOn(systemThat(does), planOf({ hosts: ["a"] }), { traps });
  expect(verdict).toBe(violations.length === 0 ? "held" : "violated");
  expect(violations.every(({ property }) => property === CODE_FAILURE)).toBe(true);
  return violations[0]?.message;
};

const HERE = new URL(import.meta.url).pathname;

/** Callbacks that never come, for nothing here is really begun. */
const never = (): void => {
  throw new Error("this was really done");
};

const inUtc = (): Intl.DateTimeFormat => new Intl.DateTimeFormat("en", { timeZone: "UTC" });
const { port1: PORT, port2 } = new MessageChannel();
afterAll(() => port2.close());
const HOLDER = {};

const LEAKS: readonly (readonly [what: string, does: () => unknown, instead: string])[] = [
  ["Date.now", () => Date.now(), "host.clock.now()"],
  ["new Date", () => new Date(), "host.clock.now()"],
  ["Date", () => Date(), "host.clock.now()"],
  ["Date with a time of no zone", () => new Date("2026-03-14T09:00:00"), "ends in Z"],
  ["Date with a time of no zone", () => Date.parse("2026-03-14 09:00:00"), "ends in Z"],
  ["Date with a time of no zone", () => new Date(2026, 2, 14), "Date.UTC"],
  ["Date.prototype.getHours", () => new Date(0).getHours(), "UTC"],
  ["Date.prototype.getTimezoneOffset", () => new Date(0).getTimezoneOffset(), "UTC"],
  ["Date.prototype.toString", () => `${new Date(0)}`, "UTC"],
  ["performance.now", () => performance.now(), "host.clock"],
  ["performance.now", () => measured.now(), "host.clock"],
  ["process.hrtime", () => process.hrtime(), "host.clock"],
  ["process.hrtime.bigint", () => process.hrtime.bigint(), "host.clock"],
  ["process.uptime", () => process.uptime(), "host.clock"],
  ["Math.random", () => Math.random(), "host.random"],
  ["crypto.randomUUID", () => crypto.randomUUID(), "host.random"],
  ["crypto.randomUUID", () => nodeCrypto.randomUUID(), "host.random"],
  ["crypto.getRandomValues", () => crypto.getRandomValues(new Uint8Array(4)), "host.random"],
  ["crypto.randomBytes", () => nodeCrypto.randomBytes(4), "host.random"],
  ["crypto.subtle.digest", () => crypto.subtle.digest("SHA-256", new Uint8Array()), "node:crypto"],
  ["setTimeout", () => setTimeout(never, 1), "host.after"],
  ["setInterval", () => setInterval(never, 1), "host.after"],
  ["setImmediate", () => setImmediate(never), "host.after"],
  ["timers/promises setTimeout", () => later(1), "host.sleep"],
  ["setTimeout", () => promisify(setTimeout)(1), "host.sleep"],
  ["AbortSignal.timeout", () => AbortSignal.timeout(1), "host.after"],
  ["fetch", () => fetch("http://127.0.0.1:1/"), "host.request"],
  ["http.get", () => http.get("http://127.0.0.1:1/"), "host.request"],
  ["net.connect", () => net.connect(1), "host.send"],
  ["Server.listen", () => net.createServer().listen(0), "host.send"],
  ["dns.lookup", () => lookup("localhost", never), "host.send"],
  ["fs.readFileSync", () => readFileSync(HERE), "host.disk"],
  ["fs.writeFile", () => fs.writeFile("/nonexistent/x", "", never), "host.disk"],
  ["fs.promises.readFile", () => readFile(HERE), "host.disk"],
  ["zlib.gzip", () => gzip("x", never), "synchronous"],
  ["child_process.execFileSync", () => execFileSync("true"), "another host"],
  ["process.exit", () => process.exit(), "the end of the function"],
  ["process.env.HOME", () => process.env.HOME, "host.knobs"],
  ["process.env", () => Object.keys(process.env), "host.knobs"],
  ["process.cwd", () => process.cwd(), "host.knobs"],
  ["os.hostname", () => os.hostname(), "host.knobs"],
  ["String.prototype.localeCompare without a locale", () => "a".localeCompare("b"), "name the locale"],
  ["Number.prototype.toLocaleString without a locale", () => (1e6).toLocaleString(), "name the locale"],
  ["String.prototype.localeCompare without a locale", () => "a".localeCompare("b", []), "name the locale"],
  ["Intl.DateTimeFormat without a locale", () => new Intl.DateTimeFormat(), "name the locale"],
  ["Intl.Segmenter without a locale", () => new Intl.Segmenter(), "name the locale"],
  ["Intl.DateTimeFormat without a time zone", () => new Intl.DateTimeFormat("en"), 'timeZone: "UTC"'],
  ["Date.prototype.toLocaleString without a time zone", () => new Date(0).toLocaleString("en"), "timeZone"],
  ["Intl.DateTimeFormat for the present time", () => inUtc().format(), "host.clock.now()"],
  ["Intl.DateTimeFormat for the present time", () => inUtc().formatToParts(), "host.clock.now()"],
  ["Date with a time of no zone", () => new Date("2026/03/14"), "ends in Z"],
  ["Date with a time of no zone", () => new Date("Mar 14, 2026"), "ends in Z"],
  ["performance.timeOrigin", () => performance.timeOrigin, "host.clock"],
  ["performance.mark", () => performance.mark("x"), "host.clock"],
  ["Event.prototype.timeStamp", () => new Event("x").timeStamp, "host.clock"],
  ["process.pid", () => process.pid, "host.id"],
  ["process.memoryUsage.rss", () => process.memoryUsage.rss(), "host.knobs"],
  ["process.env.HOME", () => delete process.env.HOME, "host.knobs"],
  ["process.env.HOME", () => Object.hasOwn(process.env, "HOME"), "host.knobs"],
  ["os.platform", () => os.platform(), "host.knobs"],
  ["fs.ReadStream", () => new (fs.ReadStream as unknown as new (path: string) => object)(HERE), "host.disk"],
  ["crypto.generatePrimeSync", () => nodeCrypto.generatePrimeSync(16), "host.random"],
  ["crypto.createECDH", () => nodeCrypto.createECDH("secp256k1"), "host.random"],
  ["MessageChannel", () => new MessageChannel(), "host.send"],
  ["MessagePort.postMessage", () => PORT.postMessage(1), "host.send"],
  ["Blob.text", () => new Blob(["x"]).text(), "Buffer"],
  ["CompressionStream", () => new CompressionStream("gzip"), "node:zlib"],
  ["Atomics.wait", () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1), "host.after"],
  ["WeakRef.prototype.deref", () => new WeakRef(HOLDER).deref(), "a Map"],
  ["FinalizationRegistry", () => new FinalizationRegistry(never), "a Map"],
];

describe("a call that reaches out of a universe", () => {
  it.each(LEAKS)("to %s fails the run, with host, time and what to use", async (what, does, instead) => {
    const message = await complaint(does);
    expect(message).toContain("The code on a called ");
    expect(message).toContain(`${what} at 1.000 s: use `);
    expect(message).toContain(instead);
  });

  it("fails the run even when the code under test swallows the exception", async () => {
    const swallowing = () => {
      try {
        return Date.now();
      } catch {
        return 0;
      }
    };
    expect(await complaint(swallowing)).toContain("called Date.now at 1.000 s");
  });

  it("fails it from within a microtask and a next-tick too", async () => {
    expect(await complaint(() => Promise.resolve().then(() => Math.random()))).toContain("Math.random");
    const ticking = () => new Promise((resolve) => process.nextTick(() => resolve(Date.now())));
    expect(await complaint(ticking)).toContain("Date.now");
  });

  it("leaves nothing behind that acts when the universe is over", async () => {
    const acted = vi.fn();
    await complaint(() => setTimeout(acted, 0));
    await later(20);
    expect(acted).not.toHaveBeenCalled();
  });
});

describe("code that has a function from before the traps were set", () => {
  it("fails the run when it begins something with it that real time is to end", async () => {
    const stop = new AbortController();
    const message = await complaint(() => {
      outsideTheGuard(() => setTimeout(never, 60_000).unref());
      outsideTheGuard(() => fs.readFile(HERE, { signal: stop.signal }, () => {}));
    });
    stop.abort();
    expect(message).toMatch(/^Code in this universe began what only real time brings to its end \(.*FSReq/);
  });

  it("fails it when it goes on after its universe is over, and changes nothing in that", async () => {
    let late = false;
    const plan = planOf({ hosts: ["a"] });
    const { history, violations, verdict } = await runOn(
      systemThat(async () => {
        await new Promise<void>((resolve) => {
          port2.once("message", () => resolve());
          outsideTheGuard(() => PORT.postMessage(1));
        });
        late = true;
      }),
      plan,
    );
    expect(late).toBe(true);
    expect(verdict).toBe("violated");
    expect(violations[0]?.message).toContain("The code on a went on when its universe was over, at ");
    const length = history.length;
    await later(20);
    expect(history).toHaveLength(length);
    expect(history.some((event) => event.kind === "operator")).toBe(false);
  });
});

describe("what is harmless", () => {
  it.each<readonly [string, () => unknown]>([
    ["a date made of a number", () => new Date(1_000).toISOString()],
    ["a date in UTC", () => new Date("2026-03-14T09:00:00Z").getUTCHours() + Date.UTC(2026, 1)],
    ["a date without a time of day", () => Date.parse("2026-03-14")],
    ["a date that names its zone", () => new Date("Sat Mar 14 2026 09:00:00 GMT+0100 (CET)").getTime()],
    ["a date that is none", () => new Date("noon")],
    ["a comparison that names its locale", () => "a".localeCompare("b", "en")],
    ["a date written with its locale and its zone", () => inUtc().format(0)],
    ["digests and synchronous compression", () => [nodeCrypto.createHash("sha256"), gzipSync("x")]],
    ["the kind of build that this is", () => process.env.NODE_ENV],
    ["a next-tick", () => new Promise((resolve) => process.nextTick(resolve))],
    ["what the harness does for itself", () => outsideTheGuard(() => Date.now())],
  ])("goes through: %s", async (_, does) => {
    expect(await complaint(does)).toBeUndefined();
  });

  it("is everything where the traps are off", async () => {
    expect(await complaint(() => [Date.now(), Math.random(), readFileSync(HERE)], false)).toBeUndefined();
  });

  it("is everything when no universe runs, by whatever name", async () => {
    expect(Date.now()).toBeGreaterThan(Date.parse("2020-01-01"));
    expect(new Date() instanceof Date).toBe(true);
    expect(new Date().constructor).toBe(Date);
    expect(new Date(2026, 2, 14).getDate()).toBe(14);
    expect(readFileSync(HERE, "utf8")).toBe(await readFile(HERE, "utf8"));
    expect(await promisify(setTimeout)(1, "late")).toBe("late");
    expect(process.env.PATH).toBe(Object.entries(process.env).find(([name]) => name === "PATH")?.[1]);
    expect(new Intl.NumberFormat("en").format(1_000)).toBe("1,000");
  });
});
