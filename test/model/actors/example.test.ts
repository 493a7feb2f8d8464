import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { greeter } from "./example.js";
import { onHost } from "./on-host.js";

const textOf = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

describe("the example of the actor layer", () => {
  it("stands in the documentation, and fits on thirty lines", () => {
    const example = textOf("./example.ts").replaceAll("../../../src/", "src/").trimEnd();
    expect(example.split("\n").length).toBeLessThanOrEqual(30);
    expect(textOf("../../../docs/actors.md")).toContain(`\`\`\`ts\n${example}\n\`\`\``);
  });

  it("answers, says sorry after a crash, and sends callers away when it crashes too often", async () => {
    await onHost(async (host) => {
      const greet = greeter(host);
      expect(await greet("world")).toBe("Hello, world.");
      expect(await greet("trouble")).toBe("Sorry: crashed.");
      expect(await greet("moon")).toBe("Hello, moon.");
      for (let i = 0; i < 4; i++) await greet("trouble");
      expect(await greet("world")).toBe("Come again in 1500000 µs.");
      await host.sleep(1_500_000);
      expect(await greet("world")).toBe("Hello, world.");
    });
  });
});
