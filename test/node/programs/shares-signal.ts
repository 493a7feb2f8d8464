/** Makes fifteen requests under one signal, first one after the other, then at once; prints how many listeners the signal has. */
import { EventEmitter, getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";

const { signal } = new AbortController();
const ask = async (): Promise<string> => (await fetch("http://server:3000/hi", { signal })).text();
await sleep(500);
for (let i = 0; i < 15; i++) await ask();
await sleep(100);
console.log(`in turn: ${getEventListeners(signal, "abort").length}`);

const all = Array.from({ length: 15 }, ask);
console.log(`at once: ${getEventListeners(signal, "abort").length}`);
await Promise.all(all);
await sleep(100);
console.log(`after: ${getEventListeners(signal, "abort").length}`);

const emitter = new EventEmitter();
for (let i = 0; i < 11; i++) emitter.on("news", () => {});
