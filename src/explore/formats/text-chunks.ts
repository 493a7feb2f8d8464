/**
 * Reads a text file of any length piece by piece: a file, a pipe, a device, or standard input as `-`; unpacked where it is gzip. A
 * folder is refused, and so are bytes that are not UTF-8, each with one sentence.
 */
import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { InputError, printable } from "./input-error.js";
import { fileProblem } from "./read-file.js";

/** What stands for standard input. */
export const STANDARD_INPUT = "-";

/** How a source of text is named in complaints. */
export const sourceName = (path: string): string =>
  path === STANDARD_INPUT ? "standard input" : printable(path);

const CHUNK_BYTES = 1024 * 1024;
const isGzip = (bytes: Buffer): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b;

/** @throws InputError */
export async function* textChunks(path: string): AsyncGenerator<string> {
  const name = sourceName(path);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    for await (const bytes of unpacked(path)) yield decoder.decode(bytes, { stream: true });
    const last = decoder.decode();
    if (last !== "") yield last;
  } catch (error) {
    if (error instanceof InputError) throw error;
    if (error instanceof TypeError && "code" in error && error.code === "ERR_ENCODING_INVALID_ENCODED_DATA") {
      throw new InputError(`cannot read ${name}: expected text in UTF-8, and it holds bytes that are not`);
    }
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code.startsWith("Z_"))
      throw new InputError(`cannot read ${name}: it begins like gzip, and can't be unpacked`);
    throw new InputError(`cannot read ${name}: ${fileProblem(error)}`);
  }
}

async function* unpacked(path: string): AsyncGenerator<Buffer> {
  const source =
    path === STANDARD_INPUT ? process.stdin : createReadStream(path, { highWaterMark: CHUNK_BYTES });
  const bytes = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  // The first bytes tell, and may come one by one.
  let head = Buffer.alloc(0);
  while (head.length < 2) {
    const next = await bytes.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = (async function* () {
    yield head;
    for (;;) {
      const next = await bytes.next();
      if (next.done === true) return;
      yield next.value;
    }
  })();
  if (!isGzip(head)) {
    yield* all;
    return;
  }
  const gunzip = createGunzip();
  const feed = async (): Promise<void> => {
    for await (const chunk of all) {
      if (!gunzip.write(chunk)) await new Promise((resume) => gunzip.once("drain", resume));
    }
    gunzip.end();
  };
  feed().catch((error: unknown) => gunzip.destroy(error instanceof Error ? error : new Error(String(error))));
  yield* gunzip as AsyncIterable<Buffer>;
}
