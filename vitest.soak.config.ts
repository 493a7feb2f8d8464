import { defineConfig } from "vitest/config";
import { common, SOAK } from "./vitest.config.js";

export default defineConfig({
  ...common,
  test: { ...common.test, include: [SOAK], isolate: false },
});
