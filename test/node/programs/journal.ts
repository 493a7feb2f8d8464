/** Writes numbered lines into two journals: one it syncs, the other it doesn't. Says what is there when it begins. */
import { appendFileSync, existsSync, fsyncSync, openSync, readFileSync } from "node:fs";
import { open } from "node:fs/promises";

for (const name of ["synced", "unsynced"]) {
  const lines = existsSync(`/var/${name}`) ? readFileSync(`/var/${name}`, "utf8").split("\n").length - 1 : 0;
  console.log(`${name} ${lines}`);
}
const synced = await open("/var/synced", "a");
for (let line = 0; ; line++) {
  await synced.write(`line ${line}\n`);
  appendFileSync("/var/unsynced", `line ${line}\n`);
  if (line % 2 === 0) await synced.sync();
  else fsyncSync(openSync("/var/synced", "r"));
  console.log(`wrote ${line + 1}`);
  if (process.argv[2] === "exits" && line === 20) process.exit(1);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
