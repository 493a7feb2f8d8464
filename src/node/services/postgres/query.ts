/**
 * One question to a Postgres of the world, on a connection of its own, by the protocol's simple query: what a storm's client asks
 * about the database itself. It waits its turn as everybody's questions do, and travels over the same network.
 */
import type { NetModule } from "../../net/index.js";
import { POSTGRES_PORT } from "./server.js";
import { AnswerReader, GOODBYE, queryMessage, type ServerMessage, startupMessage } from "./wire.js";

/** A column's value: a boolean, an integer of up to four bytes or a float as what it is, all else as Postgres writes it. */
export type SqlValue = string | number | boolean | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

const BOOLEAN = 16;
/** Of the catalogue `pg_type`: int2, int4, oid, float4, float8. */
const NUMBERS: ReadonlySet<number> = new Set([21, 23, 26, 700, 701]);
/** Behind a column's name: table, number in it, type, its size, its modifier and its format. */
const FIELD_BYTES = 18;
const TYPE_OFFSET = 6;

/** The rows of the last statement that has some. Rejects with what Postgres says, or when the connection ends before the answer. */
export function query(net: NetModule, host: string, sql: string): Promise<readonly SqlRow[]> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(POSTGRES_PORT, host);
    const reader = new AnswerReader();
    const answer = new Answer();
    let asked = false;
    socket.on("connect", () => socket.write(startupMessage({ user: "postgres", database: "postgres" })));
    socket.on("data", (bytes: Buffer) => {
      for (const message of reader.take(bytes)) {
        answer.take(message);
        if (message.type !== "Z") continue;
        if (asked) {
          socket.end(GOODBYE);
          return answer.refusal === undefined ? resolve(answer.rows) : reject(new Error(answer.refusal));
        }
        asked = true;
        socket.write(queryMessage(sql));
      }
    });
    socket.on("error", reject);
    // After an answer it changes nothing.
    socket.on("close", () =>
      reject(new Error(answer.refusal ?? `${host} closed the connection before it answered`)),
    );
  });
}

/** What came so far. */
class Answer {
  refusal: string | undefined;
  rows: SqlRow[] = [];
  #columns: readonly { readonly name: string; readonly type: number }[] = [];

  take({ type, body }: ServerMessage): void {
    if (type === "T") {
      this.#columns = columnsOf(body);
      this.rows = [];
    } else if (type === "D") this.rows.push(this.#rowOf(body));
    else if (type === "E") this.refusal ??= refusalOf(body);
  }

  #rowOf(body: Buffer): SqlRow {
    let at = 2; // behind the number of columns
    return Object.fromEntries(
      this.#columns.map(({ name, type }) => {
        const length = body.readInt32BE(at);
        at += 4;
        if (length < 0) return [name, null];
        const text = body.toString("utf8", at, at + length);
        at += length;
        return [name, type === BOOLEAN ? text === "t" : NUMBERS.has(type) ? Number(text) : text];
      }),
    );
  }
}

function columnsOf(body: Buffer): { name: string; type: number }[] {
  let at = 2;
  return Array.from({ length: body.readInt16BE(0) }, () => {
    const end = body.indexOf(0, at);
    const name = body.toString("utf8", at, end);
    const type = body.readInt32BE(end + 1 + TYPE_OFFSET);
    at = end + 1 + FIELD_BYTES;
    return { name, type };
  });
}

/** The field `M` of an error. */
function refusalOf(body: Buffer): string {
  const fields = body.toString("utf8").split("\0");
  return fields.find((field) => field.startsWith("M"))?.slice(1) ?? "Postgres refused without a reason";
}
