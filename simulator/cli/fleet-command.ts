// SPDX-License-Identifier: MIT
/** `ringbuoy fleet`: the command line around a run. */

import mqttPacket from "mqtt-packet";
import { FleetRun } from "./fleet.js";
import type { FleetOutput } from "./fleet-events.js";
import { FLEET_OPTIONS, fleetHelp } from "./fleet-options.js";
import { FleetJson, FleetText } from "./fleet-output.js";
import { fleetSettings } from "./fleet-settings.js";
import { Interrupts } from "./interrupts.js";
import { npmHint } from "./npm.js";
import { parseOptions } from "./options.js";
import { UsageError } from "./usage.js";

/** SIGHUP: the terminal was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Returns false when the run has failed. `interrupted` ends the process, for those who do not want to wait. */
export async function fleet(args: readonly string[], interrupted: () => void): Promise<boolean> {
	if (args.includes("--help") || args.includes("-h")) {
		process.stdout.write(fleetHelp());
		return true;
	}
	const hint = npmHint(process.env, FLEET_OPTIONS);
	if (hint !== undefined) throw new UsageError(hint);
	const settings = fleetSettings(parseOptions(args, FLEET_OPTIONS), process.env);
	// It keeps a buffer for each number of 16 bits, six megabytes, to write packets that our broker writes by hand.
	mqttPacket.writeToStream.cacheNumbers = false;
	const run = new FleetRun(settings, outputFor(settings.json));
	const interrupts = new Interrupts(
		() => run.stop(),
		interrupted,
		() => performance.now(),
	);
	for (const signal of SIGNALS) process.on(signal, interrupts.heard);
	// Whoever reads our lines has seen enough: `ringbuoy fleet | head`.
	process.stdout.on("error", () => run.stop());
	try {
		return await run.run();
	} finally {
		for (const signal of SIGNALS) process.off(signal, interrupts.heard);
	}
}

function outputFor(json: boolean): FleetOutput {
	const { stdout, env } = process;
	const write = (text: string) => {
		if (!stdout.destroyed) stdout.write(text);
	};
	const started = performance.now();
	if (json) return new FleetJson(write, () => (performance.now() - started) / 1000);
	const live = stdout.isTTY === true && env["TERM"] !== "dumb" && !env["CI"];
	return new FleetText(write, {
		colour: live && !env["NO_COLOR"],
		columns: Math.max(60, Math.min(100, stdout.columns ?? 100)),
		live,
	});
}
