import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Integration and CLI tests start real processes; a slow machine is not a failure.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // A native driver that aborts takes its own file's process down, and no other.
    pool: "forks",
    maxWorkers: "100%",
    isolate: true,
  },
});
