import { setTimeout as sleep } from "node:timers/promises";

const base = "http://server:3000";
const begin = Date.now();

async function attempt(name: string, act: () => Promise<string>): Promise<void> {
  try {
    console.log(`${name}: ${await act()}`);
  } catch (error) {
    const { name: kind, message, cause } = error as Error & { readonly cause?: { readonly code?: string } };
    console.log(`${name} failed: ${kind}, ${message}, ${cause?.code}`);
  }
}

await sleep(50);
await attempt("get", async () => (await fetch(`${base}/hi`)).text());
await attempt("post", async () => {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${base}/echo`, { method: "POST", headers, body: JSON.stringify({ a: 1 }) });
  return `${answer.status} ${await answer.text()}`;
});
await attempt("request", async () => (await fetch(new Request(`${base}/hi`))).text());
await attempt("big", async () => String((await (await fetch(`${base}/big?n=3000000`)).text()).length));
await attempt("time-out", async () =>
  (await fetch(`${base}/slow`, { signal: AbortSignal.timeout(500) })).text(),
);
await attempt("closed port", async () => (await fetch("http://server:4000/")).text());
await attempt("no such host", async () => (await fetch("http://nowhere.example/")).text());
for (let round = 1; round <= 12; round++) {
  await sleep(1_000);
  const from = Date.now() - begin;
  await attempt(`round ${round} at ${from}`, async () =>
    (await fetch(`${base}/hi`, { signal: AbortSignal.timeout(3_000) })).text(),
  );
}
