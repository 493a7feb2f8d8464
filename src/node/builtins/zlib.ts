/**
 * `node:zlib` of one process: what Node would do on a thread is done at once. A stream gathers what it is given and gives
 * all of it out at its end, so that it is right for messages, and not for what never ends.
 */
import { Transform } from "node:stream";
import * as zlib from "node:zlib";
import type { SimulatedProcess } from "../env/simulated-process.js";

type Work = (bytes: Buffer, options?: object) => Buffer;
type Callback = (error: unknown, result?: Buffer) => void;

const WORKS = {
  Gzip: zlib.gzipSync,
  Gunzip: zlib.gunzipSync,
  Deflate: zlib.deflateSync,
  Inflate: zlib.inflateSync,
  DeflateRaw: zlib.deflateRawSync,
  InflateRaw: zlib.inflateRawSync,
  Unzip: zlib.unzipSync,
  BrotliCompress: zlib.brotliCompressSync,
  BrotliDecompress: zlib.brotliDecompressSync,
} as Readonly<Record<string, Work>>; // each takes more than a Buffer, too

export function zlibOf(simulated: SimulatedProcess): object {
  const module: Record<string, unknown> = { ...zlib };
  for (const [name, work] of Object.entries(WORKS)) {
    const method = `${name.charAt(0).toLowerCase()}${name.slice(1)}`;
    module[method] = (bytes: Buffer, ...rest: unknown[]): void => {
      const callback = rest.at(-1) as Callback; // Node puts it last
      const options = rest.length > 1 ? (rest[0] as object) : undefined;
      let outcome: [unknown] | [null, Buffer];
      try {
        outcome = [null, work(bytes, options)];
      } catch (error) {
        outcome = [error];
      }
      simulated.soon(() => callback(...(outcome as [null, Buffer])));
    };
    module[`create${name}`] = (options?: object) => gathering(work, options);
    module[name] = function Gathering(options?: object) {
      return gathering(work, options);
    };
  }
  return module;
}

function gathering(work: Work, options: object | undefined): Transform {
  const chunks: Buffer[] = [];
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
    flush(done) {
      try {
        done(null, chunks.length === 0 ? undefined : work(Buffer.concat(chunks), options));
      } catch (error) {
        done(error as Error); // what zlib throws
      }
    },
  });
  return Object.assign(stream, {
    close: () => stream.destroy(),
    flush: (...args: unknown[]) => (args.at(-1) as (() => void) | undefined)?.(),
  });
}
