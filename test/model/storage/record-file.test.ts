import { type Fault, SECOND } from "seedstorm";
import { describe, expect, it } from "vitest";
import { type ReadRecord, RecordFile, scanRecords } from "../../../src/model/storage/record-file.js";
import { universe } from "../../support/universe.js";

/** A made-up layout: each record is its length, the number of the record before it plus one, and as many bytes of that number. */
const record = (number: number, length = 4): Uint8Array => {
  const bytes = new Uint8Array(length).fill(number);
  bytes[0] = length;
  return bytes;
};
const read: ReadRecord<number> = (bytes, start, previous = 0) => {
  const length = bytes[start] ?? 0;
  const rest = bytes.subarray(start + 1, start + length);
  const isSound = length > 1 && rest.length === length - 1 && rest.every((byte) => byte === previous + 1);
  return isSound ? { record: previous + 1, end: start + length } : undefined;
};
const HEADER = new Uint8Array([7, 7, 7]);

/** What `write` left of the file, after a crash soon after it when there is one. */
async function leftBy(write: (file: RecordFile) => Promise<void>, crashes = false) {
  const crash: Fault = { id: "crash", kind: "crash", at: 5 * SECOND, for: SECOND, target: "a" };
  const world = universe({ hosts: ["a"], faults: crashes ? [crash] : [], duration: 10 * SECOND });
  let left: Uint8Array | undefined;
  world.onBoot("a", async (host) => {
    const file = new RecordFile(host.disk, "file");
    if (host.incarnation === 1) await write(file);
    left = await file.read();
  });
  await world.run();
  expect(world.failure).toBeUndefined();
  return left;
}

const filled = async (file: RecordFile): Promise<void> => {
  await file.prepare([record(1)], HEADER);
  file.place();
  file.append([record(2, 5), record(3)]);
  await file.sync();
};
const bytesOf = (...parts: Uint8Array[]): Uint8Array =>
  new Uint8Array(parts.flatMap((part) => Array.from(part)));

describe("a record file", () => {
  it("has its header and the records that were put into it, in their order", async () => {
    expect(await leftBy(filled)).toEqual(bytesOf(HEADER, record(1), record(2, 5), record(3)));
  });

  it.each([
    [3, bytesOf(HEADER, record(1), record(2, 5), record(3))],
    [1, bytesOf(HEADER, record(1))],
    [0, HEADER],
  ])("is cut behind its first %i records, and appended to there", async (records, expected) => {
    const left = await leftBy(async (file) => {
      await filled(file);
      file.cutAfter(records);
      expect(file.records).toBe(records);
      file.append([record(9)]);
    });
    expect(left).toEqual(bytesOf(expected, record(9)));
  });

  it("is what it was until what was prepared is put in its place", async () => {
    const prepared = async (file: RecordFile) => {
      await filled(file);
      await file.prepare([record(1, 9)]);
      expect(file.records).toBe(3);
    };
    expect(await leftBy(prepared)).toEqual(bytesOf(HEADER, record(1), record(2, 5), record(3)));
    expect(await leftBy(prepared, true)).toEqual(bytesOf(HEADER, record(1), record(2, 5), record(3)));
  });

  it("survives a crash as it was prepared, once it is placed and synced", async () => {
    const left = await leftBy(async (file) => {
      await filled(file);
      await file.prepare([record(1, 9)]);
      file.place();
      expect(file.records).toBe(1);
      await file.sync();
    }, true);
    expect(left).toEqual(record(1, 9));
  });
});

describe("the scan of a record file", () => {
  const whole = bytesOf(HEADER, record(1), record(2, 5), record(3));
  const torn = whole.subarray(0, whole.length - 1);
  const rotten = whole.slice();
  rotten[5] = 99;

  it("ends at the first record that is torn or rotten", () => {
    expect(scanRecords([whole], 3, read)).toEqual({
      records: [1, 2, 3],
      ends: [7, 12, 16],
      end: 16,
      isUnequal: false,
    });
    expect(scanRecords([torn], 3, read)).toMatchObject({ records: [1, 2], end: 12 });
    expect(scanRecords([rotten], 3, read)).toMatchObject({ records: [], end: 3 });
  });

  it("takes each record from whichever copy has it, and says that one lacks some", () => {
    expect(scanRecords([torn, rotten], 3, read)).toMatchObject({ records: [1, 2, 3], isUnequal: true });
  });
});
