import { describe, expect, it } from "vitest";
import { main, node } from "../../src/node/index.js";
import type { Fault } from "../../src/sim/faults/catalogue.js";
import { SECOND } from "../../src/sim/time.js";
import { type Fate, fateOfRows } from "./support/rows.js";
import { printed, runPrograms } from "./support/universe.js";

const SEEDS = [1, 2];
async function fates(...args: string[]): Promise<Fate[]> {
  const found: Fate[] = [];
  for (const seed of SEEDS) found.push(await fateOfRows(args, seed));
  return found;
}

describe("node:sqlite on a host", () => {
  it("answers as Node's own, with the host's clock and chance", async () => {
    const outcome = await runPrograms({ hosts: { a: node("sqlite-calls.mjs") } });
    expect(outcome.violations).toEqual([]);
    expect(printed(outcome, "a")).toEqual([
      'run: {"changes":1,"lastInsertRowid":1}',
      'named: {"changes":1,"lastInsertRowid":2}',
      'get: {"id":1,"v":"one","b":[1,2],"r":1.5}',
      'none: "undefined"',
      'all: [{"id":1,"v":"one"},{"id":2,"v":"two"}]',
      'iterate: ["one","two"]',
      'columns: [{"column":"id","database":"main","name":"n","table":"t","type":"INTEGER"},{"column":null,"database":null,"name":"1","table":null,"type":null}]',
      'too large: ["ERR_OUT_OF_RANGE",null,"Value is too large to be represented as a JavaScript number: 1152921504606846976"]',
      'bigint: {"n":"1152921504606846976n"}',
      'in a transaction: [true,{"n":0}]',
      'rolled back: [false,{"n":3}]',
      'unique: ["ERR_SQLITE_ERROR",1555,"UNIQUE constraint failed: t.id"]',
      'syntax: ["ERR_SQLITE_ERROR",1,"near \\"selec\\": syntax error"]',
      'unknown: ["ERR_INVALID_STATE",null,"Unknown named parameter \'b\'"]',
      'unbindable: ["ERR_INVALID_ARG_TYPE",null,"Provided value cannot be bound to SQLite parameter 1."]',
      'function: {"x":42}',
      'throws: [null,null,"on purpose"]',
      'aggregate: {"n":3}',
      'clock: {"utc":"2030-01-01 00:00:00","local":"2030-01-01 00:00:00"}',
      expect.stringMatching(/^chance: \{"r":-?\d+,"b":"[0-9A-F]{8}"\}$/),
      'json: {"j":2}',
      'location: "/data/app.db"',
      'copy: {"n":3}',
      'read only: ["ERR_SQLITE_ERROR",8,"attempt to write a readonly database"]',
      'missing: ["ERR_SQLITE_ERROR",14,"unable to open database file"]',
      'refused: ["ERR_SEEDSTORM_REFUSED",null,"DatabaseSync.loadExtension is not there on a simulated host: extensions are native code, and can\'t run there"]',
      'locked: ["ERR_SQLITE_ERROR",5,"database is locked"]',
      'journal: {"journal_mode":"wal"}',
      'shared: {"v":"by the other one"}',
      'closed: ["ERR_INVALID_STATE",null,"database is not open"]',
      'memory: {"one":1}',
    ]);
    const asked = outcome.history.filter((event) => event.kind === "program" && event.phase === "request");
    expect(asked[0]).toMatchObject({ text: expect.stringContaining("sqlite: create table t") });
  });

  it("keeps through crashes what was committed", async () => {
    for (const fate of await fates("wal", "full")) {
      expect(fate).toMatchObject({ lost: 0, damaged: 0 });
      expect(fate.starts).toBeGreaterThan(2);
      expect(fate.committed).toBeGreaterThan(100);
    }
  });

  it("damages the file in a crash when it does not sync", async () => {
    const found = await fates("delete", "off");
    expect(found.some(({ damaged }) => damaged > 0)).toBe(true);
  });

  it("is the same universe for the same seed", async () => {
    const { lines } = await fateOfRows(["wal", "full"], 1);
    expect((await fateOfRows(["wal", "full"], 1)).lines).toEqual(lines);
    expect((await fateOfRows(["wal", "full"], 2)).lines).not.toEqual(lines);
  });

  const common = { id: "f", at: SECOND, target: "a" } as const;
  it.each<[Fault, string]>([
    [{ kind: "fsync-failure", ...common }, "disk I/O error"],
    [{ kind: "disk-full", for: SECOND, ...common }, "database or disk is full"],
  ])("hears of a disk's %o", async (fault, message) => {
    const hosts = { a: node("sqlite-rows.mjs", { args: ["delete", "full"] }) };
    const outcome = await runPrograms({ hosts, faults: [fault], seconds: 3 });
    expect(printed(outcome, "a").at(-1)).toContain(message);
  });
});

interface Connection {
  readonly inTransaction: boolean;
  prepare(sql: string, owner: object, isPragma: boolean): Statement;
  exec(sql: string): void;
  function(...args: unknown[]): void;
  aggregate(...args: unknown[]): void;
  close(): void;
  serialize(): void;
}

interface Statement {
  readonly reader: boolean;
  run(...args: unknown[]): unknown;
  get(...args: unknown[]): unknown;
  all(...args: unknown[]): unknown[];
  iterate(...args: unknown[]): IterableIterator<unknown>;
  bind(...args: unknown[]): this;
  pluck(): this;
  raw(): this;
  expand(): this;
  safeIntegers(): this;
}

interface AddOn {
  readonly Database: new (...args: unknown[]) => Connection;
}

/** What a function does with the add-on's connection, on a host. */
async function within(act: (db: Connection) => unknown): Promise<unknown> {
  let result: unknown;
  const run = main((simulated) => {
    const { Database } = simulated.builtin<AddOn>("better_sqlite3.node");
    const db = new Database("/data/app.db", "app.db", false, false, false, 5_000, null, null);
    result = act(db);
  });
  const outcome = await runPrograms({ hosts: { a: run }, seconds: 1 });
  expect(outcome.violations).toEqual([]);
  return result;
}

const thrown = (act: () => unknown): string => {
  try {
    return `returned ${String(act())}`;
  } catch (error) {
    const { message, code, name } = error as Error & { readonly code?: string };
    return `${code ?? name}: ${message}`;
  }
};

describe("better-sqlite3's add-on on a host", () => {
  it("runs statements with positional, listed and named values", async () => {
    const found = await within((db) => {
      db.exec("create table t (id integer primary key, v text, b blob)");
      const prepare = (sql: string) => db.prepare(sql, db, false);
      const inserted = prepare("insert into t (v, b) values (?, ?)").run("one", Buffer.from("ab"));
      prepare("insert into t (v) values ($v)").run({ v: "two" });
      prepare("insert into t (v) values (?)").run(["three"]);
      return {
        inserted,
        all: prepare("select id, v from t").all(),
        blob: prepare("select b from t where id = ?").pluck().get(1),
        raw: prepare("select id, v from t where id > ?").raw().all(1),
        expanded: prepare("select t.id, 1 as one from t").expand().get(),
        big: prepare("select ? as n")
          .safeIntegers()
          .get(2n ** 60n),
        bound: prepare("select ? + ? as n").bind(1, 2).get(),
        iterated: [...prepare("select v from t").pluck().iterate()],
        reader: [prepare("select 1").reader, prepare("delete from t").reader],
        pragma: [
          db.prepare("pragma foreign_keys", db, true).pluck().get(),
          db.prepare("pragma journal_mode = wal", db, true).pluck().get(),
          db.prepare("pragma synchronous", db, true).pluck().get(),
        ],
      };
    });
    expect(found).toEqual({
      inserted: { changes: 1, lastInsertRowid: 1 },
      all: [
        { id: 1, v: "one" },
        { id: 2, v: "two" },
        { id: 3, v: "three" },
      ],
      blob: Buffer.from("ab"),
      raw: [
        [2, "two"],
        [3, "three"],
      ],
      expanded: { t: { id: 1 }, $: { one: 1 } },
      big: { n: 2n ** 60n },
      bound: { n: 3 },
      iterated: ["one", "two", "three"],
      reader: [true, false],
      pragma: [1, "wal", 1],
    });
  });

  it("runs the same statements again and again, in transactions that are committed and rolled back", async () => {
    const found = await within((db) => {
      db.exec("create table t (v text)");
      const run = (sql: string, ...values: unknown[]) => db.prepare(sql, db, false).run(...values);
      for (let i = 0; i < 20; i++) {
        run("begin");
        run("insert into t values ($v) returning v", { v: `row ${i}` });
        run(i % 2 === 0 ? "commit" : "rollback");
      }
      return db.prepare("select count(*) from t", db, false).pluck().get();
    });
    expect(found).toBe(10);
  });

  it("has functions and aggregates, with the states of window functions", async () => {
    const found = await within((db) => {
      db.exec("create table t (n); insert into t values (1), (2), (3)");
      db.function((a: number, b: number) => a * b, "times", 2, 2, true, false);
      const add = (sum: number, n: number) => sum + n;
      const subtract = (sum: number, n: number) => sum - n;
      db.aggregate(0, add, subtract, (sum: number) => sum * 10, "tens", 1, 2, true, false);
      return [
        db.prepare("select times(6, 7) as n", db, false).pluck().get(),
        db.prepare("select tens(n) from t", db, false).pluck().get(),
        db.prepare("select tens(n) over (rows 1 preceding) from t", db, false).pluck().all(),
      ];
    });
    expect(found).toEqual([42, 60, [10, 30, 50]]);
  });

  it("refuses what the add-on refuses, in its words, and what it can't do here", async () => {
    const found = await within((db) => {
      db.exec("create table t (id integer primary key)");
      const prepare = (sql: string) => db.prepare(sql, db, false);
      const rows = prepare(
        "with recursive r(n) as (select 1 union all select n + 1 from r limit 3) select n from r",
      );
      const open = rows.iterate();
      open.next();
      const busy = thrown(() => prepare("insert into t values (7)").run());
      open.return?.();
      prepare("insert into t values (1)").run();
      return [
        busy,
        thrown(() => prepare("insert into t values (1)").run()),
        thrown(() => prepare("select ?").get()),
        thrown(() => prepare("select ?").get(1, 2)),
        thrown(() => prepare("select $a").get({ b: 1 })),
        thrown(() => prepare("select ?").get(true)),
        thrown(() => prepare("select 1; select 2")),
        thrown(() => prepare("select 1").run()),
        thrown(() => prepare("delete from t").get()),
        thrown(() => db.serialize()),
      ];
    });
    expect(found).toEqual([
      "TypeError: This database connection is busy executing a query",
      "SQLITE_CONSTRAINT_PRIMARYKEY: UNIQUE constraint failed: t.id",
      "RangeError: Too few parameter values were provided",
      "RangeError: Too many parameter values were provided",
      'RangeError: Missing named parameter "a"',
      "TypeError: SQLite3 can only bind numbers, strings, bigints, buffers, and null",
      "RangeError: The supplied SQL string contains more than one statement",
      "returned [object Object]",
      "TypeError: This statement does not return data. Use run() instead",
      "ERR_SEEDSTORM_REFUSED: better-sqlite3's serialize is not there on a simulated host: read the file of the database",
    ]);
  });
});
