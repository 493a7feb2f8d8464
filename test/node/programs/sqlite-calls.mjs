/** Asks `node:sqlite` for what programs ask of it, and prints what it gets. */
import { DatabaseSync } from "node:sqlite";

const print = (what, value) =>
  console.log(
    `${what}: ${JSON.stringify(value, (_key, given) => (typeof given === "bigint" ? `${given}n` : given))}`,
  );
const refusal = (act) => {
  try {
    return act();
  } catch ({ code, errcode, message }) {
    return [code, errcode, message];
  }
};

const db = new DatabaseSync("/data/app.db");
db.exec("create table t (id integer primary key, v text, b blob, r real); create index i on t (v)");
print("run", db.prepare("insert into t (v, b, r) values (?, ?, ?)").run("one", new Uint8Array([1, 2]), 1.5));
print("named", db.prepare("insert into t (v, r) values (:v, $r)").run({ v: "two", $r: 2 }));
const byId = db.prepare("select * from t where id = ?");
print("get", { ...byId.get(1), b: [...byId.get(1).b] });
print("none", byId.get(9) ?? "undefined");
print("all", db.prepare("select id, v from t order by id").all());
print(
  "iterate",
  [...db.prepare("select v from t order by id").iterate()].map((row) => row.v),
);
print("columns", db.prepare("select id as n, 1 from t").columns());
db.prepare("insert into t (id) values (?)").run(2n ** 60n);
print(
  "too large",
  refusal(() => db.prepare("select max(id) as n from t").get()),
);
const large = db.prepare("select max(id) as n from t");
large.setReadBigInts(true);
print("bigint", large.get());
db.exec("begin; delete from t");
print("in a transaction", [db.isTransaction, db.prepare("select count(*) as n from t").get()]);
db.exec("rollback");
print("rolled back", [db.isTransaction, db.prepare("select count(*) as n from t").get()]);
print(
  "unique",
  refusal(() => db.prepare("insert into t (id) values (1)").run()),
);
print(
  "syntax",
  refusal(() => db.exec("selec 1")),
);
print(
  "unknown",
  refusal(() => db.prepare("select :a").get({ b: 1 })),
);
print(
  "unbindable",
  refusal(() => db.prepare("select ?").get({}, {})),
);
db.function("double", (x) => Number(x) * 2);
db.function("fails", () => {
  throw new Error("on purpose");
});
print("function", db.prepare("select double(21) as x").get());
print(
  "throws",
  refusal(() => db.prepare("select fails()").get()),
);
db.aggregate("longest", {
  start: 0,
  step: (most, text) => Math.max(Number(most), String(text ?? "").length),
});
print("aggregate", db.prepare("select longest(v) as n from t").get());
print("clock", db.prepare("select datetime() as utc, datetime('now', 'localtime') as local").get());
print("chance", db.prepare("select random() % 1000 as r, hex(randomblob(4)) as b").get());
print("json", db.prepare("select '{\"a\":[1,2]}' ->> '$.a[1]' as j").get());
print("location", db.location());
db.exec("vacuum into '/data/copy.db'");
const copy = new DatabaseSync("/data/copy.db", { readOnly: true });
print("copy", copy.prepare("select count(*) as n from t").get());
print(
  "read only",
  refusal(() => copy.exec("delete from t")),
);
copy.close();
print(
  "missing",
  refusal(() => new DatabaseSync("/nowhere/x.db")),
);
print(
  "refused",
  refusal(() => db.loadExtension("x")),
);
const other = new DatabaseSync("/data/app.db");
db.exec("begin immediate");
print(
  "locked",
  refusal(() => other.exec("begin immediate")),
);
db.exec("commit");
print("journal", db.prepare("pragma journal_mode = wal").get());
other.exec("insert into t (v) values ('by the other one')");
print("shared", db.prepare("select v from t where v like 'by%'").get());
other.close();
db.close();
print(
  "closed",
  refusal(() => db.exec("select 1")),
);
print("memory", new DatabaseSync(":memory:").prepare("select 1 as one").get());
