// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
	root: fileURLToPath(new URL("../../..", import.meta.url)),
	test: {
		include: ["test/manifests/sdk/*.sdk.ts"],
		pool: "forks",
		// Each build takes both cores by itself.
		maxWorkers: 1,
		testTimeout: 1_800_000,
		hookTimeout: 600_000,
	},
});
