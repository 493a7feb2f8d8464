import { defineConfig } from "vitest/config";
import { common, SOAK } from "./vitest.config.js";

/** A test that hangs ends some time, and one on a slow machine is not taken for such a test. */
const A_HANG = 900_000;

export default defineConfig({
  ...common,
  test: { ...common.test, include: [SOAK], isolate: false, testTimeout: A_HANG, hookTimeout: A_HANG },
});
