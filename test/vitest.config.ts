// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineConfig, type UserWorkspaceConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const path = (of: string): string => fileURLToPath(new URL(`../${of}`, import.meta.url));

/**
 * Files that say on their second line, `// alone: why`, that they open sockets or start processes share a process with their
 * like; one that replaces modules has one of its own. All others only compute, and share threads: `test/tools/together.ts`
 * finds those that do more and do not say so.
 */
const outside: string[] = [];
const alone: string[] = [];
for (const name of readdirSync(path("test"), { recursive: true, encoding: "utf8" })) {
	if (!name.endsWith(".test.ts")) continue;
	const file = `test/${name.replaceAll("\\", "/")}`;
	const why = /^.*\n\/\/ alone: (.*)/.exec(readFileSync(path(file), "utf8"))?.[1];
	if (why !== undefined) (why.includes("modules") ? alone : outside).push(file);
}

/** A process that is shared is kept as long as the next file shares it, too; and who waits begins first. */
const ORDER = ["alone", "outside", "together"];

/** What takes longest, first of its kind: else a short file with much to do comes last, and one processor waits for it. */
const LONG = [
	...["simulator/cli/device", "mutants/mutants", "package/package", "interop/matrix", "interop/mosquitto"],
	...["simulator/swarm/seeds-1", "simulator/swarm/seeds-2"],
	...["store/single", "lib/client/reentrancy", "store/multiple", "model/model", "lib/wire/peer-decode"],
	...["lib/store/fuzz", "lib/session/storm", "conformance/scenarios"],
].map((name) => `/test/${name}.test.ts`);

class Kind extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const rank = ({ project, moduleId }: TestSpecification) => {
			const place = LONG.findIndex((name) => moduleId.endsWith(name));
			return ORDER.indexOf(project.name) + (place < 0 ? 0.9 : place / 100);
		};
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
		sequence: { sequencer: Kind },
		projects: [
			{
				...common,
				test: { name: "alone", include: alone, pool: "forks", isolate: true, ...times },
			},
			{
				...common,
				test: { name: "outside", include: outside, pool: "forks", isolate: false, ...times },
			},
			{
				...common,
				test: {
					name: "together",
					include: ["test/**/*.test.ts"],
					exclude: [...alone, ...outside],
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
