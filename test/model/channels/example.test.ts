import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { BROKERS, withBrokers } from "../broker/cluster.js";
import { doOne, openTasks } from "./example.js";

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

it("stands in the documentation", () => {
  const example = textOf("./example.ts").replaceAll("../../../src/", "src/").trimEnd();
  expect(textOf("../../../docs/channels.md")).toContain(`\`\`\`ts\n${example}\n\`\`\``);
});

it("has a task done, by another worker where the first one can't", async () => {
  const tried: string[] = [];
  const work = (worker: string, isDone: boolean) => async (task: string) => {
    tried.push(`${task} by ${worker}`);
    return isDone;
  };
  await withBrokers([
    async (_, host) => {
      const tasks = openTasks(host, BROKERS);
      await tasks.send("sweep", "sweep");
      await doOne(tasks, work("the first", false));
    },
    async (_, host) => {
      await host.sleep(10_000_000);
      await doOne(openTasks(host, BROKERS), work("the second", true));
    },
  ]);
  expect(tried).toEqual(["sweep by the first", "sweep by the second"]);
});
