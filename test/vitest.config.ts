// SPDX-License-Identifier: MIT
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const path = (of: string): string => fileURLToPath(new URL(`../${of}`, import.meta.url));

export default defineConfig({
	root: path("."),
	// What a manifest chooses on XS: the modules of a small board, for the test of main.
	resolve: {
		alias: {
			"ringbuoy/board": path("boards/esp32-devkit/board.json"),
			"ringbuoy/program": path("firmware/programs/sensor.ts"),
			"ringbuoy/firmware/main/dialler": path("firmware/main/dialler-tcp.ts"),
			"ringbuoy/firmware/main/network": path("firmware/main/network-wifi.ts"),
			"ringbuoy/firmware/main/sensors": path("firmware/main/sensors-none.ts"),
		},
	},
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
