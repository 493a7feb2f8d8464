/** What a program sees of its world. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { hostname } from "node:os";

let state = 0;
const seen = {
  state: ++state,
  date: new Date().toISOString(),
  now: Date.now(),
  called: Date(),
  subclass: new (class extends Date {})().toISOString(),
  constructed: new (new Date(5).constructor as DateConstructor)().toISOString(),
  local: [new Date(2030, 5, 1, 12).toISOString(), new Date("2030-06-01T12:00:00").getHours()],
  offset: new Date(0).getTimezoneOffset(),
  formatted: new Intl.DateTimeFormat("en").format(),
  random: Math.random(),
  uuids: [randomUUID(), crypto.randomUUID()],
  bytes: [randomBytes(4).toString("hex"), crypto.getRandomValues(new Uint8Array(4)).join()],
  integer: randomInt(1_000),
  host: hostname(),
  pid: process.pid,
  platform: process.platform,
  performance: performance.now(),
  hrtime: process.hrtime.bigint().toString(),
  home: process.env.HOME ?? null,
  given: process.env.GIVEN ?? null,
  globalDate: globalThis.Date === Date,
  instances: [new Date() instanceof Date, structuredClone(new Date()) instanceof Date, {} instanceof Date],
  hidden: [typeof (globalThis as Record<string, unknown>).navigator, typeof WebSocket],
  leftBehind: (globalThis as Record<string, unknown>).left ?? null,
};
(globalThis as Record<string, unknown>).left = true;
console.log(JSON.stringify(seen));
