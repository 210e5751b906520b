// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
	root: fileURLToPath(new URL("..", import.meta.url)),
	test: {
		include: ["test/**/*.test.ts"],
		// Two cores: two workers. Worlds and codecs are pure computing, more workers would only wait for each other.
		pool: "forks",
		maxWorkers: 2,
		// Tests share no state, but real sockets and module state of Node do: a process per file.
		isolate: true,
		testTimeout: 10_000,
		hookTimeout: 10_000,
	},
});
