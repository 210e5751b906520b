// SPDX-License-Identifier: MIT
/** The tests as they are, with counters in `lib/`. `test/coverage/coverage.js` starts it and reads what it leaves. */
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { UserWorkspaceConfig } from "vitest/config";
import plain from "../vitest.config.js";
import { type Branch, type Instrumented, instrument } from "./instrument.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = process.env["RINGBUOY_COVERAGE"] as string;
const sources = new Map<string, Instrumented>();
const branches: Record<string, Branch[]> = {};
let counters = 0;

/** Once for each source, whoever asks: all processes count in the same places. */
function counted(source: string, name: string): string {
	const known = sources.get(name);
	if (known !== undefined) return known.code;
	const made = instrument(source, counters);
	sources.set(name, made);
	branches[name] = made.branches.map((branch) => ({
		...branch,
		on: counters + branch.on,
		off: branch.off < 0 ? -1 : counters + branch.off,
	}));
	counters += made.counters;
	writeFileSync(join(folder, "branches.json"), JSON.stringify(branches));
	return made.code;
}

const plugin = {
	name: "branches",
	enforce: "pre" as const,
	transform(source: string, id: string) {
		const name = relative(root, id).replaceAll("\\", "/");
		return /^lib\/.*\.ts$/.test(name) ? { code: counted(source, name), map: null } : null;
	},
};

const projects = (plain.test?.projects ?? []) as UserWorkspaceConfig[];

export default {
	...plain,
	test: {
		...plain.test,
		projects: projects.map((project) => ({
			...project,
			plugins: [plugin],
			test: {
				...project.test,
				setupFiles: ["test/coverage/setup.ts", ...(project.test?.setupFiles ?? [])],
			},
		})),
	},
};
