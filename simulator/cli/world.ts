// SPDX-License-Identifier: MIT
/** `ringbuoy world`: the command line around many random runs. */

import { Interrupts } from "./interrupts.js";
import { npmHint } from "./npm.js";
import { parseOptions } from "./options.js";
import { UsageError } from "./usage.js";
import { version } from "./version.js";
import type { WorldOutput } from "./world-events.js";
import { PART, workAsPart } from "./world-labour.js";
import { WORLD_OPTIONS, worldHelp } from "./world-options.js";
import { WorldJson, WorldText } from "./world-output.js";
import { WorldRuns } from "./world-runs.js";
import { type WorldSettings, worldSettings } from "./world-settings.js";

/** SIGHUP: the terminal was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Returns false when a run has failed. `interrupted` ends the process, for those who do not want to wait. */
export async function world(args: readonly string[], interrupted: () => void): Promise<boolean> {
	if (args.length === 1 && args[0] === PART && process.send !== undefined) {
		await workAsPart();
		return true;
	}
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(worldHelp());
		return true;
	}
	const hint = npmHint(process.env, WORLD_OPTIONS);
	if (hint !== undefined) throw new UsageError(hint);
	const settings = worldSettings(parseOptions(args, WORLD_OPTIONS));
	const runs = new WorldRuns(settings, outputFor(settings));
	const interrupts = new Interrupts(
		() => runs.stop(),
		interrupted,
		() => performance.now(),
	);
	for (const signal of SIGNALS) process.on(signal, interrupts.heard);
	// Whoever reads our lines has seen enough: `ringbuoy world | head`.
	process.stdout.on("error", () => runs.stop());
	try {
		return await runs.run();
	} finally {
		for (const signal of SIGNALS) process.off(signal, interrupts.heard);
	}
}

function outputFor({ json, verbose }: WorldSettings): WorldOutput {
	const { stdout, env } = process;
	const write = (text: string) => {
		if (!stdout.destroyed) stdout.write(text);
	};
	if (json) return new WorldJson(write, verbose, version);
	const live = stdout.isTTY === true && env["TERM"] !== "dumb" && !env["CI"];
	return new WorldText(write, {
		colour: live && !env["NO_COLOR"],
		columns: Math.max(60, Math.min(100, stdout.columns ?? 100)),
		live,
		verbose,
		version,
		node: process.versions.node,
	});
}
