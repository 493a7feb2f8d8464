import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/folder.js";
import { command } from "./support.js";

const folder = temporaryFolder();
let files = 0;

/** In EDN as Jepsen's clients write it: each transaction as it was asked and as it ended. */
function file(...transactions: readonly (readonly [type: string, asked: string, ended: string])[]): string {
  const lines = transactions.flatMap(([type, asked, ended], process) => [
    `{:process ${process}, :type :invoke, :f :txn, :value ${asked}}`,
    `{:process ${process}, :type :${type}, :f :txn, :value ${ended}}`,
  ]);
  const path = join(folder, `${files++}.edn`);
  // All begin before any ends.
  writeFileSync(
    path,
    [...lines.filter((_, i) => i % 2 === 0), ...lines.filter((_, i) => i % 2 === 1)].join("\n"),
  );
  return path;
}

const skew = file(
  ["ok", "[[:r x nil] [:append y 1]]", "[[:r x nil] [:append y 1]]"],
  ["ok", "[[:r y nil] [:append x 2]]", "[[:r y []] [:append x 2]]"],
  ["ok", "[[:r x nil] [:r y nil]]", "[[:r x [2]] [:r y [1]]]"],
);

describe("seedstorm anomalies", () => {
  it("proves an anomaly in sentences, and says what it rules out", async () => {
    const { code, out } = await command(["anomalies", skew, "--workload", "list-append"]);
    expect(code).toBe(1);
    expect(out).toBe(`anomalies: G2-item · 3 transactions · 4 dependencies · 40 ms
Ruled out: repeatable-read, serializable, strong-session-serializable, strict-serializable. What may have held: strong-snapshot-isolation.

G2-item: write skew: a circle with anti-dependencies that follow one another.
Let
  T1 = read x → nothing, append y 1   [process 0, in line 1 to in line 4]
  T2 = read y → [], append x 2   [process 1, in line 2 to in line 5]
Then
  T1 comes before T2: T1 read x before anything was written to it, and T2 wrote 2 after that.
  T2 comes before T1: T2 read y before anything was written to it, and T1 wrote 1 after that.
So each of them comes before itself: no order of the transactions fits.
`);
  });

  it("draws each circle with its proof", async () => {
    const { files } = await command(["anomalies", skew, "-w", "list-append", "--html", "a.html"]);
    const page = files["a.html"] ?? "";
    expect(page.includes("default-src &#39;none&#39;")).toBe(true);
    expect(page.match(/<path class="edge rw"/g)).toHaveLength(2);
    expect(page.includes("T1 comes before T2:")).toBe(true);
    expect(page.includes("<script")).toBe(false);
  });

  it("holds a database to what it promises, and to no more", async () => {
    const { code } = await command([
      "anomalies",
      skew,
      "-w",
      "list-append",
      "--promise",
      "snapshot-isolation",
    ]);
    expect(code).toBe(0);
    expect((await command(["anomalies", skew, "-w", "list-append", "--promise", "serializable"])).code).toBe(
      1,
    );
  });

  it("says that nothing contradicts a history in order", async () => {
    const path = file(
      ["ok", "[[:w 1 1]]", "[[:w 1 1]]"],
      ["ok", "[[:r 1 nil]]", "[[:r 1 1]]"],
      ["info", "[[:w 1 2]]", "nil"],
    );
    const { code, out } = await command(["anomalies", path, "-w", "rw-register"]);
    expect([code, out]).toEqual([
      0,
      "nothing contradicts strict-serializable · 3 transactions · 1 with an unknown outcome · 1 dependencies · 40 ms\n",
    ]);
  });

  it("prints one object with --json", async () => {
    const { out } = await command(["anomalies", skew, "-w", "list-append", "--json"]);
    expect(JSON.parse(out)).toMatchObject({
      workload: "list-append",
      promise: "strict-serializable",
      committed: 3,
      anomalies: [{ name: "G2-item" }],
    });
  });

  it("adds up the accounts of a bank", async () => {
    const path = join(folder, "bank.jsonl");
    const read = (...amounts: number[]) =>
      ["invoke", "ok"].map((type) => ({
        process: 0,
        type,
        f: "read",
        value: type === "ok" ? { a: amounts[0], b: amounts[1] } : null,
      }));
    const transfer = ["invoke", "ok"].map((type) => ({
      process: 0,
      type,
      f: "transfer",
      value: { from: "a", to: "b", amount: 2 },
    }));
    const events = [...read(3, 7), ...transfer, ...read(1, 7)];
    writeFileSync(path, events.map((event) => JSON.stringify(event)).join("\n"));
    const { code, out } = await command(["anomalies", path, "-w", "bank"]);
    expect(code).toBe(1);
    expect(out).toContain("\nAll accounts together were taken to hold 10.\n");
    expect(out).toContain("Then T1 reads accounts that hold 8 together, where all hold 10.\n");
    expect((await command(["anomalies", path, "-w", "bank", "--total", "8"])).out).toContain(
      "hold 10 together",
    );
  });

  it.each([
    [
      ["-w", "stack"],
      'error: --workload: expected one of list-append, rw-register, bank, long-fork, got "stack"\n',
    ],
    [["-w", "list-append", "--promise", "acid"], "error: --promise: expected one of read-uncommitted, "],
    [
      ["-w", "rw-register"],
      `error: ${skew}: an rw-register history has no appends, and this one appends to y\n`,
    ],
    [["-w", "bank"], `error: ${skew}:4: value: expected a read or a transfer, got "txn"\n`],
  ])("refuses unusable input with one sentence: %s", async (args, message) => {
    const { code, err } = await command(["anomalies", skew, ...args]);
    expect(code).toBe(2);
    expect(err.startsWith(message)).toBe(true);
    expect(err.trim().split("\n")).toHaveLength(1);
  });

  it("names the line of a transaction that can't be understood", async () => {
    const path = file(["ok", "[[:r x nil]]", "[[:r y 1]]"], ["ok", "[[:r x nil]]", "[[:r x 1]]"]);
    const { err } = await command(["anomalies", path, "-w", "rw-register"]);
    expect(err).toContain(`${path}:3: value: expected an answer to [:r,x,null], got one to [:r,y,1]`);
  });
});
