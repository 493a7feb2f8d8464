import { configDefaults, defineConfig } from "vitest/config";
import tests, { SOAK } from "./vitest.config.js";

export default defineConfig({
  ...tests,
  test: { ...tests.test, include: [SOAK], exclude: configDefaults.exclude },
});
