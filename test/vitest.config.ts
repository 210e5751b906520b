// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserWorkspaceConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const path = (of: string): string => fileURLToPath(new URL(`../${of}`, import.meta.url));

/**
 * Files that say so on their second line, `// alone: why`, get a process each: those that open sockets, start processes or
 * replace modules. `test/tools/together.ts` finds those that do and do not say so.
 */
const alone = readdirSync(path("test"), { recursive: true, encoding: "utf8" })
	.map((name) => `test/${name.replaceAll("\\", "/")}`)
	.filter((name) => name.endsWith(".test.ts") && /^.*\n\/\/ alone: /.test(readFileSync(path(name), "utf8")));

/** A process that is shared is kept as long as the next file shares it, too: those with one of their own come first. */
class AloneFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const rank = ({ project }: TestSpecification) => (project.name === "alone" ? 0 : 1);
		return sorted.sort((a, b) => rank(a) - rank(b));
	}
}

const common: UserWorkspaceConfig = {
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
};
/** A test that hangs is found all the same, and one on a busy machine is none that hangs. */
const times = { testTimeout: 30_000, hookTimeout: 30_000 };

export default defineConfig({
	root: path("."),
	test: {
		// Two cores: two workers. Worlds and codecs are pure computing, more workers would only wait for each other.
		maxWorkers: 2,
		sequence: { sequencer: AloneFirst },
		projects: [
			{
				...common,
				test: { name: "alone", include: alone, pool: "forks", isolate: true, ...times },
			},
			{
				...common,
				test: {
					name: "together",
					include: ["test/**/*.test.ts"],
					exclude: alone,
					// One after the other in the same few threads: modules are loaded, and compiled by V8, once.
					pool: "threads",
					isolate: false,
					setupFiles: ["test/tools/together.ts"],
					...times,
				},
			},
		],
	},
});
