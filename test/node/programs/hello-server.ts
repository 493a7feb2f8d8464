import { serve } from "@hono/node-server";
import { Hono } from "hono";

const app = new Hono();
let hits = 0;
app.get("/hi", (c) => c.json({ hits: ++hits, at: new Date().toISOString() }));
app.post("/echo", async (c) => c.json({ got: await c.req.json() }));
app.get("/big", (c) => c.body("x".repeat(Number(c.req.query("n")))));
app.get("/slow", async (c) => {
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  return c.text("late");
});
serve({ fetch: app.fetch, port: 3000 });
