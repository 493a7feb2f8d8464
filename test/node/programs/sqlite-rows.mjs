/**
 * Commits transactions one by one, each with a row of some size and a count of all rows, and prints the number of each when
 * the commit has come back. At its start it looks at what is there: whether the file is sound, whether the count is right,
 * which rows there are, and whether they hold what they should.
 */
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";

const [journal = "delete", synchronous = "full"] = process.argv.slice(2);
const content = (id) => `row ${id} `.repeat(1 + ((id * 37) % 400));
const db = new DatabaseSync("/data/rows.db");
try {
  db.exec(`pragma journal_mode = ${journal}; pragma synchronous = ${synchronous}`);
  const [{ integrity_check: integrity }] = db.prepare("pragma integrity_check").all();
  db.exec(
    "create table if not exists t (id integer primary key, v text); create index if not exists i on t (v)",
  );
  db.exec(
    "create table if not exists n (rows int); insert into n select 0 where not exists (select * from n)",
  );
  const rows = db.prepare("select id, v from t order by id").all();
  const { rows: counted } = db.prepare("select rows from n").get();
  const wrong = rows.filter(({ id, v }) => v !== content(id)).length;
  console.log(
    `found ${JSON.stringify({ integrity, counted: counted === rows.length, wrong, ids: rows.map(({ id }) => id) })}`,
  );
  const insert = db.prepare("insert into t values (?, ?)");
  for (let id = (rows.at(-1)?.id ?? 0) + 1; ; id++) {
    await sleep(20);
    db.exec("begin immediate");
    insert.run(id, content(id));
    db.exec("update n set rows = rows + 1; commit");
    console.log(`committed ${id}`);
  }
} catch (error) {
  // A damaged file shows itself in many places; that is all that a run can find with it.
  console.log(`found ${JSON.stringify({ integrity: error.message, counted: false, wrong: 0, ids: [] })}`);
}
