/** A Postgres for `npm start`, where `DATABASE_URL` names no other: PGlite on a folder. In a storm `postgres(…)` is in its place. */
import { servePostgres } from "seedstorm/node";

await servePostgres({
  folder: process.env.FOLDER ?? "build/data/postgres",
  port: Number(process.env.PORT ?? 5433),
  schema: "schema.sql",
});
