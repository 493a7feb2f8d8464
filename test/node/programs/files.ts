/** Uses files in all the ways in which programs do, and prints what it finds. */
import fs from "node:fs";
import { appendFile, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";

const say = (name: string, value: unknown) => console.log(`${name}: ${JSON.stringify(value)}`);
const code = async (act: () => unknown): Promise<string> => {
  try {
    await act();
    return "done";
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
};

await mkdir("/data/deep/er", { recursive: true });
await writeFile("/data/deep/a.txt", "one\n");
await appendFile("/data/deep/a.txt", "two\n");
say("read", await readFile("/data/deep/a.txt", "utf8"));
say("list", await readdir("/data/deep"));
say(
  "types",
  (await readdir("/data/deep", { withFileTypes: true })).map((entry) => [entry.name, entry.isDirectory()]),
);
const { size } = await stat("/data/deep/a.txt");
say("size", size);
const file = await open("/data/deep/b.bin", "w+");
await file.write(Buffer.from("hello world"), 0, 11, 0);
await file.write("W", 6);
const buffer = Buffer.alloc(5);
say("handle", [(await file.read(buffer, 0, 5, 6)).bytesRead, buffer.toString()]);
await file.truncate(5);
await file.sync();
await file.close();
say("truncated", fs.readFileSync("/data/deep/b.bin", "utf8"));
await rename("/data/deep/b.bin", "/data/c.bin");
say("renamed", [fs.existsSync("/data/deep/b.bin"), fs.existsSync("/data/c.bin")]);
say("missing", await code(() => readFile("/data/none")));
say("no folder", await code(() => writeFile("/data/none/x", "")));
say("exclusive", await code(() => open("/data/c.bin", "wx")));
say("is a folder", await code(() => readFile("/data")));
say("twice", await code(() => mkdir("/data/deep")));
say("not empty", await code(() => fs.rmdirSync("/data/deep")));
await rm("/data/deep", { recursive: true });
say("removed", await readdir("/data"));
await pipeline(fs.createReadStream("/data/c.bin"), fs.createWriteStream("/tmp/copy"));
say("streamed", fs.readFileSync("/tmp/copy", "latin1"));
await new Promise<void>((resolve) => {
  fs.readFile("/tmp/copy", "utf8", (error, text) => {
    say("callback", [error, text]);
    resolve();
  });
});
const here = dirname(fileURLToPath(import.meta.url));
say("image", fs.readFileSync(join(here, "note.txt"), "utf8"));
say("outside", await code(() => fs.readFileSync("/etc/passwd")));
fs.writeFileSync(join(here, "note.txt"), "changed");
say("changed", fs.readFileSync(join(here, "note.txt"), "utf8"));
